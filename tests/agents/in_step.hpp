// Environments as one whose agents are those of a `Learner`, all in step: observe all, learn, act all.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "gradiva/gradiva.hpp"

namespace gradiva_test {

using namespace gradiva;

inline void copy_to_column(int action, ActionView to) { to.integers(0, 0) = action; }
inline void copy_to_column(std::span<const float> action, ActionView to) {
    std::copy(action.begin(), action.end(), to.reals.data());
}
inline void copy_to_column(std::span<const int> action, ActionView to) {
    std::copy(action.begin(), action.end(), to.integers.data());
}
inline void copy_to_column(HybridAction action, ActionView to) {
    to.integers(0, 0) = action.choice;
    std::copy(action.values.begin(), action.values.end(), to.reals.data());
}

template <VectorEnv V>
class InStep {
public:
    explicit InStep(V& envs)
        : envs_(envs), n_(envs.size()), size_(observation_size_of(envs)), choices_(mask_size_of(envs)),
          observation_(size_, n_), final_observation_(size_, n_), mask_(choices_, n_), final_mask_(choices_, n_),
          reward_(n_), terminated_(n_), truncated_(n_), actions_(action_shape_of(envs.action_space()), n_) {
        envs_.reset({0, n_}, observation_.matrix());
    }

    template <class L>
    void join(L& learner, auto& agents) {
        for (Index n = 0; n < n_; ++n) agents.push_back(learner.join());
    }

    /// Hands over what is observed.
    void observe(auto& agents) {
        if constexpr (HasVectorActionMask<V>) envs_.action_mask({0, n_}, mask_.matrix());
        for (Index n = 0; n < n_; ++n) {
            auto& agent = agents[static_cast<std::size_t>(n)];
            agent.observe(std::as_const(observation_).column(n));
            if (choices_ > 0) agent.mask(std::as_const(mask_).column(n));
        }
    }

    void act(auto& agents) {
        for (Index n = 0; n < n_; ++n) {
            copy_to_column(agents[static_cast<std::size_t>(n)].act(), actions_.columns({n, n + 1}));
        }
    }
    ActionBatch& actions() { return actions_; }
    const MatrixBuffer<float>& observation() const { return observation_; }

    /// Steps the environments by the actions and hands over rewards and ends.
    void step(auto& agents) {
        StepView out{observation_.matrix(), final_observation_.matrix(), reward_.span(),
                     terminated_.span(),    truncated_.span(),           final_mask_.matrix()};
        envs_.step({0, n_}, std::as_const(actions_).all(), out);
        for (Index n = 0; n < n_; ++n) {
            auto& agent = agents[static_cast<std::size_t>(n)];
            agent.reward(reward_[n]);
            if (terminated_[n] != 0) agent.terminated();
            if (truncated_[n] == 0) continue;
            if (choices_ > 0) agent.mask(std::as_const(final_mask_).column(n));
            agent.truncated(std::as_const(final_observation_).column(n));
        }
    }

private:
    V& envs_;
    Index n_, size_, choices_;
    MatrixBuffer<float> observation_, final_observation_;
    MatrixBuffer<std::uint8_t> mask_, final_mask_;
    Buffer<double> reward_;
    Buffer<std::uint8_t> terminated_, truncated_;
    ActionBatch actions_;
};

}  // namespace gradiva_test
