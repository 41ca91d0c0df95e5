// The training of cartpole_ppo_clip written by hand: what a trainer does is collect, estimate and update.
//
// Each component borrows what it is built from and keeps its own working memory, so that after the first iteration
// nothing allocates. Put what you like between the three calls: a curriculum, another learning signal, your own
// stopping rule.

#include <gradiva/gradiva.hpp>

#include "interrupt.hpp"

int main() {
    using namespace gradiva;
    constexpr Index total_steps = 100'000;
    constexpr Index horizon = 32;

    TimeLimit cart_pole(CartPole{}, 500);
    Vectorized envs(cart_pole, {.count = 8, .seed = 1});
    Actor actor(envs, Mlp{.hidden = {64, 64}});
    Critic critic(envs, Mlp{.hidden = {64, 64}});

    Threads threads(1);
    Rollout rollout(envs, actor);
    Collector collect(envs, actor, threads);
    Estimator estimate(critic, threads);
    Updater update(actor, critic, Clip{Linear{0.2, 0}}, Adam({.epsilon = 1e-5}),
                   {.minibatch = 256, .epochs = 20, .learning_rate = Linear{1e-3, 0}, .value_coefficient = 1}, threads,
                   envs.seed());
    const Gae advantage{.gamma = 0.98, .lambda = 0.8};

    Index episodes = 0;
    example::stop_on_interrupt();
    for (Index steps = 0; steps < total_steps && example::interrupted == 0; steps += rollout.sample_count()) {
        const double progress = double(steps) / total_steps;
        collect.steps(rollout, horizon);                           // 1. act
        estimate(rollout, advantage);                              // 2. value what happened
        const UpdateReport report = update(rollout, progress);     // 3. improve actor and critic
        for (const FinishedEpisode& episode : rollout.finished) {  // 4. report
            if (++episodes % 50 != 0) continue;
            fmt::print("{:6} steps, episode {:4}: return {:5.1f}, entropy {:.2f}, KL {:.4f}\n", steps, episodes,
                       episode.reward_sum, report.entropy, report.approximate_kl);
        }
    }
    fmt::print("{}\n", evaluate(actor, cart_pole, {.episodes = 100}));
}
