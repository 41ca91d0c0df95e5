// A 3-w-w-1 network over a batch of 256, forward alone, and forward and backward, in floating-point operations per
// second. The batch goes through in the passes that an update makes of it. The `_scalar` lines are plain loops.

#include "networks/scalar_network.hpp"

#include <benchmark/benchmark.h>

#include "common/mlp_flops.hpp"

namespace {

using namespace gradiva;

constexpr Index inputs = 3;
constexpr Index outputs = 1;
constexpr Index batch = 256;

MatrixBuffer<float> normal_batch(Index rows, std::uint64_t seed) {
    Rng rng(seed);
    MatrixBuffer<float> result;
    result.resize(rows, batch);
    for (Index i = 0; i < rows * batch; ++i) result.data()[i] = static_cast<float>(rng.normal());
    return result;
}

/// One network with its batch, as an update holds them: a tape and a gradient for each shard.
struct Rig {
    Rig(Index width, Activation activation)
        : network(inputs, outputs, {.hidden = {width, width}, .activation = activation}, Rng(1)),
          shards(static_cast<std::size_t>(shard_count(batch))), x(normal_batch(inputs, 2)),
          dy(normal_batch(outputs, 3)) {}

    void forward() {
        for_each_pass([this](Shard& shard, Range pass) {
            benchmark::DoNotOptimize(network.forward(std::as_const(x).columns(pass), shard.tape).data());
        });
    }

    void forward_and_backward() {
        for (Shard& shard : shards) shard.gradient.assign(static_cast<Index>(network.parameters().size()), 0);
        for_each_pass([this](Shard& shard, Range pass) {
            network.forward(std::as_const(x).columns(pass), shard.tape);
            network.backward(shard.tape, std::as_const(dy).columns(pass), shard.gradient.span());
        });
        benchmark::ClobberMemory();
    }

    struct Shard {
        MlpNetwork<float>::Tape tape;
        Buffer<float> gradient;
    };

    template <class Body>
    void for_each_pass(const Body& body) {
        const auto count = static_cast<Index>(shards.size());
        for (Index s = 0; s < count; ++s) {
            gradiva::for_each_pass({0, batch}, count, s,
                                   [&](Range pass) { body(shards[static_cast<std::size_t>(s)], pass); });
        }
    }

    MlpNetwork<float> network;
    std::vector<Shard> shards;
    MatrixBuffer<float> x, dy;
};

/// The same network as plain loops.
struct ScalarRig {
    ScalarRig(Index width, Activation activation)
        : rig(width, activation), network({inputs, width, width, outputs}, activation, rig.network.parameters()),
          x(rig.x.matrix()), dy(rig.dy.matrix()) {}

    void forward() { benchmark::DoNotOptimize(network.forward(x).data()); }

    void forward_and_backward() {
        gradient.assign(static_cast<Index>(rig.network.parameters().size()), 0);
        network.forward(x);
        network.backward(dy, gradient.span());
        benchmark::ClobberMemory();
    }

    /// Whether it computes what the library does: a wrong baseline would say nothing.
    bool agrees() {
        rig.forward_and_backward();
        forward_and_backward();
        Vector<float> difference = gradient.vector();
        for (const Rig::Shard& shard : rig.shards) difference -= shard.gradient.vector();
        return difference.norm() < 1e-3F * gradient.vector().norm();
    }

    Rig rig;
    networks::ScalarNetwork network;
    Matrix<float> x, dy;
    Buffer<float> gradient;
};

template <class Body>
void measure(benchmark::State& state, double flops_per_sample, const Body& body) {
    for (auto _ : state) body();
    state.counters["FLOP/s"] =
        benchmark::Counter(flops_per_sample * batch, benchmark::Counter::kIsIterationInvariantRate);
}

gradiva_bench::MlpFlops flops_of(Index width) {
    return {.inputs = inputs, .width = static_cast<double>(width), .outputs = outputs};
}

template <class AnyRig>
void measure_forward(benchmark::State& state, AnyRig& rig) {
    measure(state, flops_of(state.range(0)).forward(), [&] { rig.forward(); });
}

template <class AnyRig>
void measure_backward(benchmark::State& state, AnyRig& rig) {
    const auto flops = flops_of(state.range(0));
    measure(state, flops.forward() + flops.backward(), [&] { rig.forward_and_backward(); });
}

void forward(benchmark::State& state, Activation activation) {
    Rig rig(state.range(0), activation);
    measure_forward(state, rig);
}

void forward_and_backward(benchmark::State& state, Activation activation) {
    Rig rig(state.range(0), activation);
    measure_backward(state, rig);
}

void forward_scalar(benchmark::State& state, Activation activation) {
    ScalarRig rig(state.range(0), activation);
    if (!rig.agrees()) return state.SkipWithError("the plain loops compute something else");
    measure_forward(state, rig);
}

void forward_and_backward_scalar(benchmark::State& state, Activation activation) {
    ScalarRig rig(state.range(0), activation);
    if (!rig.agrees()) return state.SkipWithError("the plain loops compute something else");
    measure_backward(state, rig);
}

void widths(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgName("width")->RangeMultiplier(2)->Range(16, 512);
}

void few_widths(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgName("width")->RangeMultiplier(4)->Range(16, 256);
}

BENCHMARK_CAPTURE(forward, relu, Activation::relu)->Apply(widths);
BENCHMARK_CAPTURE(forward, tanh, Activation::tanh)->Apply(widths);
BENCHMARK_CAPTURE(forward_and_backward, relu, Activation::relu)->Apply(widths);
BENCHMARK_CAPTURE(forward_and_backward, tanh, Activation::tanh)->Apply(widths);
BENCHMARK_CAPTURE(forward_scalar, relu, Activation::relu)->Apply(few_widths);
BENCHMARK_CAPTURE(forward_scalar, tanh, Activation::tanh)->Apply(few_widths);
BENCHMARK_CAPTURE(forward_and_backward_scalar, relu, Activation::relu)->Apply(few_widths);
BENCHMARK_CAPTURE(forward_and_backward_scalar, tanh, Activation::tanh)->Apply(few_widths);

}  // namespace
