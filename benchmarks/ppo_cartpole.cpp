// PPO-clip on CartPole end to end, in environment steps per second: 8 environments x 128 steps, minibatches of 256, 4
// epochs, actor and critic of 64-64 tanh.

#include <benchmark/benchmark.h>
#include <gradiva/gradiva.hpp>

namespace {

void ppo_cartpole(benchmark::State& state) {
    using namespace gradiva;
    TimeLimit cart_pole(CartPole{}, 500);
    Vectorized envs(cart_pole, {.count = 8, .seed = 1});
    Actor actor(envs, Mlp{.hidden = {64, 64}});
    Critic critic(envs, Mlp{.hidden = {64, 64}});
    PpoClip trainer(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 0.95},
                    {.horizon = 128,
                     .minibatch = 256,
                     .epochs = 4,
                     .learning_rate = 2.5e-4,
                     .threads = state.range(0)});
    constexpr Index steps = 50 * 8 * 128;
    for (auto _ : state) trainer.train({.steps = steps});
    state.counters["steps_per_second"] =
        benchmark::Counter(double(steps), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

BENCHMARK(ppo_cartpole)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
