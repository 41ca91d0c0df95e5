// Random actions in CartPole, one core: the copies stepped in vectors against the copies stepped one by one, in
// environment steps per second. Resets and the writing of all observations are part of a step. `ratio` is the
// rate of the former by that of the latter in the same run.

#include <benchmark/benchmark.h>

#include <ctime>
#include <gradiva/gradiva.hpp>
#include <map>

namespace {

using namespace gradiva;

constexpr Index limit = 500;

/// Everything that a step reads and writes. The actions of a step are a window into random bits.
struct Rig {
    explicit Rig(Index count)
        : actions({.integers = 1, .reals = 0}, count + windows), observation(4, count), final_observation(4, count),
          reward(count), terminated(count), truncated(count) {
        Rng rng(1);
        for (Index j = 0; j < count + windows; ++j) actions.all().integers(0, j) = static_cast<int>(rng.below(2));
    }

    template <class V>
    void step(V& envs) {
        at = (at + 97) % windows;
        StepView out{observation.matrix(), final_observation.matrix(), reward.span(), terminated.span(),
                     truncated.span()};
        envs.step({0, envs.size()}, std::as_const(actions).columns({at, at + envs.size()}), out);
    }

    static constexpr Index windows = 1009;
    Index at = 0;
    ActionBatch actions;
    MatrixBuffer<float> observation, final_observation;
    Buffer<double> reward;
    Buffer<std::uint8_t> terminated, truncated;
};

/// Steps all environments again and again, and gives the environment steps per second.
template <class V>
double random_actions(benchmark::State& state, V& envs) {
    Rig rig(envs.size());
    envs.reset({0, envs.size()}, rig.observation.matrix());
    for (int t = 0; t < 100; ++t) rig.step(envs);  // until episodes end at all times alike
    const std::clock_t start = std::clock();
    for (auto _ : state) {
        rig.step(envs);
        benchmark::ClobberMemory();
    }
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    const auto steps = state.iterations() * envs.size();
    state.SetItemsProcessed(steps);
    return static_cast<double>(steps) / seconds;
}

std::map<Index, double> one_by_one;  // steps per second, by the number of environments

void cart_pole_one_by_one(benchmark::State& state) {
    Vectorized envs(TimeLimit(CartPole{}, limit), {.count = state.range(0), .seed = 1});
    one_by_one[envs.size()] = random_actions(state, envs);
}

void cart_pole_batch(benchmark::State& state) {
    CartPoleBatch envs({.count = state.range(0), .seed = 1, .limit = limit});
    const double rate = random_actions(state, envs);
    if (one_by_one.contains(envs.size())) state.counters["ratio"] = rate / one_by_one[envs.size()];
}

}  // namespace

// Side by side, so that a ratio compares what ran in the same minute.
BENCHMARK(cart_pole_one_by_one)->Arg(64);
BENCHMARK(cart_pole_batch)->Arg(64);
BENCHMARK(cart_pole_one_by_one)->Arg(2048);
BENCHMARK(cart_pole_batch)->Arg(2048);
BENCHMARK(cart_pole_one_by_one)->Arg(16384);
BENCHMARK(cart_pole_batch)->Arg(16384);

BENCHMARK_MAIN();
