// Random actions in the bundled environments, in environment steps per second. Resets and the writing of all
// observations are part of a step; so is the choice among legal actions, where an environment has masks.

#include <benchmark/benchmark.h>

#include <deque>

#include "environments/random_actions.hpp"

namespace {

using namespace gradiva;

/// Some of the environments, with all that a step of theirs reads and writes.
template <class V>
class Part {
public:
    Part(V& envs, Range range) : envs_(envs), range_(range), actions_(envs, range) {
        const Index size = envs.observation_space().size;
        observation_.resize(size, range.size());
        final_observation_.resize(size, range.size());
        final_mask_.resize(mask_size_of(envs), range.size());
        reward_.resize(range.size());
        terminated_.resize(range.size());
        truncated_.resize(range.size());
        envs.reset(range, observation_.matrix());
    }

    void steps(Index count) {
        StepView out{observation_.matrix(), final_observation_.matrix(), reward_.span(),
                     terminated_.span(),    truncated_.span(),           final_mask_.matrix()};
        for (Index t = 0; t < count; ++t) envs_.step(range_, actions_(), out);
    }

private:
    V& envs_;
    Range range_;
    environments::RandomActions<V> actions_;
    MatrixBuffer<float> observation_, final_observation_;
    MatrixBuffer<std::uint8_t> final_mask_;
    Buffer<double> reward_;
    Buffer<std::uint8_t> terminated_, truncated_;
};

/// Each thread steps its part of the environments, as in collecting without waiting for the others after every step.
template <class V>
void random_actions(benchmark::State& state, V& envs, Index thread_count) {
    constexpr Index horizon = 64;
    Threads threads(thread_count);
    std::deque<Part<V>> parts;
    for (Index i = 0; i < thread_count; ++i) parts.emplace_back(envs, piece(envs.size(), thread_count, i));
    const auto run = [&](Index steps) {
        threads.run(thread_count, [&](Index i) { parts[static_cast<std::size_t>(i)].steps(steps); });
    };
    run(200);  // until episodes end at all times alike
    for (auto _ : state) {
        run(horizon);
        benchmark::ClobberMemory();
    }
    state.counters["steps_per_second"] =
        benchmark::Counter(static_cast<double>(horizon * envs.size()), benchmark::Counter::kIsIterationInvariantRate);
}

template <class E>
void one_by_one(benchmark::State& state, const E& prototype) {
    Vectorized envs(prototype, {.count = state.range(0), .seed = 1});
    random_actions(state, envs, state.range(1));
}

void in_vectors(benchmark::State& state, Index limit) {
    CartPoleBatch envs({.count = state.range(0), .seed = 1, .limit = limit});
    random_actions(state, envs, state.range(1));
}

/// A mass on a line, pushed by a force: position and velocity.
LinearQuadratic mass() {
    return LinearQuadratic({.a = Matrix<double>{{1, 0.1}, {0, 1}},
                            .b = Matrix<double>{{0.005}, {0.1}},
                            .q = Matrix<double>{{1, 0}, {0, 0.1}},
                            .r = Matrix<double>{{0.1}}});
}

void eight(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgNames({"environments", "threads"})->Args({8, 1});
}

void few_and_many(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgNames({"environments", "threads"})->Args({64, 1})->Args({2048, 1})->Args({16384, 1});
}

/// Where threads share the work, the time that counts is that of the clock.
void two_threads(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgNames({"environments", "threads"})->Args({2048, 2})->UseRealTime();
}

BENCHMARK_CAPTURE(one_by_one, CartPole, TimeLimit(CartPole{}, 500))->Apply(eight)->Apply(few_and_many);
BENCHMARK_CAPTURE(one_by_one, Pendulum, TimeLimit(Pendulum{}, 200))->Apply(eight);
BENCHMARK_CAPTURE(one_by_one, Acrobot, TimeLimit(Acrobot{}, 500))->Apply(eight);
BENCHMARK_CAPTURE(one_by_one, MountainCar, TimeLimit(MountainCar{}, 200))->Apply(eight);
BENCHMARK_CAPTURE(one_by_one, MountainCarContinuous, TimeLimit(MountainCarContinuous{}, 999))->Apply(eight);
BENCHMARK_CAPTURE(one_by_one, LinearQuadratic, TimeLimit(mass(), 100))->Apply(eight);
BENCHMARK_CAPTURE(one_by_one, MaskedGrid, TimeLimit(MaskedGrid{}, 30))->Apply(eight);
BENCHMARK_CAPTURE(one_by_one, DialLock, TimeLimit(DialLock{}, 30))->Apply(eight);
BENCHMARK_CAPTURE(one_by_one, Archery, Archery{})->Apply(eight);
BENCHMARK_CAPTURE(one_by_one, TMaze, TimeLimit(TMaze{}, 63))->Apply(eight);
BENCHMARK_CAPTURE(one_by_one, Breakout, TimeLimit(Breakout{}, 1000))->Apply(eight);
BENCHMARK_CAPTURE(in_vectors, CartPoleBatch, 500)->Apply(few_and_many);
BENCHMARK_CAPTURE(in_vectors, CartPoleBatch, 500)->Apply(two_threads);

}  // namespace
