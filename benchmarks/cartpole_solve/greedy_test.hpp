// Whether a policy solves CartPole, found out in as few steps as that takes.
#pragma once

#include <utility>

#include "settings.hpp"

namespace cartpole_solve {

/// Greedy episodes, all side by side, of environments that nobody else has.
template <gradiva::Policy A>
class GreedyTest {
public:
    GreedyTest(const A& actor, Index episodes, std::uint64_t seed)
        : actor_(actor), envs_({.count = episodes, .seed = seed, .limit = limit}), observation_(4, episodes),
          final_observation_(4, episodes), action_(actor.action_shape(), episodes) {
        reward_.resize(episodes);
        terminated_.resize(episodes);
        truncated_.resize(episodes);
        running_.assign(episodes, 1);
    }

    /// Whether their mean return reaches the goal. Stops once that is certain: an episode that still runs has a return
    /// of at least its steps so far and at most the limit.
    bool passed() {
        const Index goal = solved_return * envs_.size();
        Index running = envs_.size();
        Index sum = 0;  // of the returns of episodes that ended
        envs_.reset({0, envs_.size()}, observation_.matrix());
        for (Index t = 1; sum + running * limit >= goal; ++t) {
            const Index ended = step();
            running -= ended;
            sum += ended * t;
            if (sum + running * t >= goal) return true;
        }
        return false;
    }

private:
    /// How many first episodes end with this step. Those after them do not count.
    Index step() {
        actor_.forward(std::as_const(observation_).matrix(), tape_);
        actor_.mode(tape_, action_.all());
        gradiva::StepView out{observation_.matrix(), final_observation_.matrix(), reward_.span(), terminated_.span(),
                              truncated_.span()};
        envs_.step({0, envs_.size()}, std::as_const(action_).all(), out);
        Index ended = 0;
        for (Index n = 0; n < envs_.size(); ++n) {
            const int end = running_[n] & (terminated_[n] | truncated_[n]);
            running_[n] = static_cast<std::uint8_t>(running_[n] - end);
            ended += end;
        }
        return ended;
    }

    const A& actor_;
    gradiva::CartPoleBatch envs_;
    gradiva::MatrixBuffer<float> observation_;
    gradiva::MatrixBuffer<float> final_observation_;
    gradiva::ActionBatch action_;
    gradiva::Buffer<double> reward_;
    gradiva::Buffer<std::uint8_t> terminated_;
    gradiva::Buffer<std::uint8_t> truncated_;
    gradiva::Buffer<std::uint8_t> running_;  // 1 until the first episode ends
    typename A::Tape tape_;
};

}  // namespace cartpole_solve
