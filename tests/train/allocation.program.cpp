// No iteration of a trainer after the first may call malloc. Runs whole trainings at widths 64 and 256.
#include "helpers/count_malloc.hpp"

#include <array>
#include <string_view>

namespace {

using namespace gradiva;
using count_malloc::count;

/// Episodes of 50, 10, 40, 20, 30, 50, ... steps, whatever the actions: the sizes of buffers for whole episodes are
/// periodic, and do not depend on rounding. It has metrics, of which memory is reserved, too. The first episodes
/// terminate, later ones are truncated: storage for final observations must be reserved before there are any.
struct Periodic {
    static constexpr std::array<Index, 5> lengths = {50, 10, 40, 20, 30};
    Index episode;
    Index at = 0;

    static constexpr std::array<std::string_view, 2> metric_names{"episode", "steps"};
    void metrics(std::span<double> out) const {
        out[0] = static_cast<double>(episode);
        out[1] = static_cast<double>(at);
    }
    Box observation_space() const { return {.size = 2}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) {
        ++episode;
        at = 0;
        observe(observation);
    }
    Outcome step(int action, Rng&, std::span<float> observation) {
        const bool ends = ++at == lengths[to_size(episode) % lengths.size()];
        observe(observation);
        const bool is_late = episode >= 20;
        return {.reward = static_cast<double>(action), .terminated = ends && !is_late, .truncated = ends && is_late};
    }

private:
    void observe(std::span<float> observation) const {
        observation[0] = static_cast<float>(at) / 50;
        observation[1] = static_cast<float>(episode % 2);
    }
};

void run_whole_episodes(const std::string& at, const Mlp& mlp, Index threads) {
    Vectorized envs([](Index i) { return Periodic{.episode = i}; }, {.count = 8, .seed = 1});
    Actor actor(envs, mlp);
    Reinforce trainer(envs, actor, RewardToGo{.baseline = Baseline::mean_of_others},
                      {.episodes = 2, .learning_rate = 1e-2, .threads = threads});
    constexpr Index period = 5, steps_of_a_period = 8 * 2 * (50 + 10 + 40 + 20 + 30);  // ten episodes of each
    count("Reinforce" + at, trainer, 3 * steps_of_a_period, period);
}

void run(Index width, Index threads) {
    const std::string at = fmt::format(" at width {} with {} threads", width, threads);
    TimeLimit cart_pole(CartPole{}, 50);
    Vectorized envs(cart_pole, {.count = 8, .seed = 1});
    const Mlp mlp{.hidden = {width, width}};
    Actor actor(envs, mlp);
    Critic critic(envs, mlp);
    {
        PpoClip trainer(envs, actor, critic, Gae{},
                        {.horizon = 128, .minibatch = 300, .epochs = 2, .threads = threads});
        count("PpoClip" + at, trainer, 8 * 1024, 1);
    }
    {
        PpoKl trainer(envs, actor, critic, Gae{}, {.horizon = 128, .minibatch = 300, .epochs = 2, .threads = threads});
        count("PpoKl" + at, trainer, 8 * 1024, 1);
    }
    {
        A2c trainer(envs, actor, critic, Gae{.lambda = 1}, {.threads = threads});
        count("A2c" + at, trainer, 20 * 40, 1);
    }
    {
        Trpo trainer(envs, actor, critic, Gae{}, {.horizon = 128, .critic_epochs = 2, .threads = threads});
        count("Trpo" + at, trainer, 4 * 1024, 1);
    }
    {
        // The store's rollouts are sized by the first three iterations.
        OffPolicy trainer(envs, actor, critic, VTrace{}, {.horizon = 32, .store = 3, .age = 2, .threads = threads});
        count("OffPolicy" + at, trainer, 12 * 256, 3);
    }
    {
        Actor values(envs, Mlp{.hidden = {width, width}, .layer_norm = true}, EpsilonGreedy<float>(2));
        QLambda trainer(envs, values, {.threads = threads});
        count("QLambda" + at, trainer, 8 * 1024, 1);
    }
    run_whole_episodes(at, mlp, threads);
}

}  // namespace

int main() {
    return count_malloc::judge([] {
        for (const Index threads : {1, 2}) {
            run(64, threads);
            run(256, threads);
        }
    });
}
