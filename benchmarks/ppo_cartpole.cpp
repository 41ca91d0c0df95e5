// PPO-clip on CartPole end to end, in environment steps per second, and how the cost grows with the width of the
// networks, the number of environments and the horizon. Unless a line says otherwise: 8 environments x 128 steps,
// minibatches of 256, 4 epochs, actor and critic of 64-64 tanh, one thread.

#include <benchmark/benchmark.h>
#include <gradiva/gradiva.hpp>

#include "common/mlp_flops.hpp"

namespace {

using namespace gradiva;

constexpr Index epochs = 4;

struct Setting {
    Index width = 64;
    Index environments = 8;
    Index horizon = 128;
    Index threads = 1;

    Index samples() const { return environments * horizon; }

    /// Of both networks, for collecting, for the value pass and for the epochs.
    double flops_per_sample() const {
        double sum = 0;
        for (const double outputs : {2.0, 1.0}) {
            const gradiva_bench::MlpFlops flops{.inputs = 4, .width = static_cast<double>(width), .outputs = outputs};
            sum += flops.forward() + epochs * (flops.forward() + flops.backward());
        }
        return sum;
    }
};

/// Trains `iterations` at a time, after one that allocates.
void train(benchmark::State& state, const Setting& setting, Index iterations = 1) {
    TimeLimit cart_pole(CartPole{}, 500);
    Vectorized envs(cart_pole, {.count = setting.environments, .seed = 1});
    const Mlp mlp{.hidden = {setting.width, setting.width}};
    Actor actor(envs, mlp);
    Critic critic(envs, mlp);
    PpoClip trainer(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 0.95},
                    {.horizon = setting.horizon,
                     .minibatch = std::min<Index>(256, setting.samples()),
                     .epochs = epochs,
                     .learning_rate = 2.5e-4,
                     .threads = setting.threads});
    trainer.train({.steps = setting.samples()});
    const Index steps = iterations * setting.samples();
    for (auto _ : state) trainer.train({.steps = steps});
    state.counters["steps_per_second"] =
        benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsIterationInvariantRate);
    state.counters["samples"] = static_cast<double>(setting.samples());
    state.counters["flops_per_sample"] = setting.flops_per_sample();
}

void ppo_cartpole(benchmark::State& state) { train(state, {.threads = state.range(0)}, 50); }
void by_width(benchmark::State& state) { train(state, {.width = state.range(0)}); }
void by_environments(benchmark::State& state) { train(state, {.environments = state.range(0), .horizon = 32}); }
void by_horizon(benchmark::State& state) { train(state, {.horizon = state.range(0)}); }

BENCHMARK(ppo_cartpole)->ArgName("threads")->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(ppo_cartpole)->ArgName("threads")->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(by_width)->ArgName("width")->RangeMultiplier(2)->Range(16, 512)->Unit(benchmark::kMillisecond);
BENCHMARK(by_environments)->ArgName("environments")->RangeMultiplier(4)->Range(1, 4096)->Unit(benchmark::kMillisecond);
BENCHMARK(by_horizon)->ArgName("horizon")->RangeMultiplier(4)->Range(16, 4096)->Unit(benchmark::kMillisecond);

}  // namespace
