// Convolutions of a batch of 256 images, in floating-point operations per second and as a share of what one core can do
// at best: the small one of a 10 x 10 x 4 grid, and the three of 84 x 84 x 4 pictures. `first_layer` is what a
// network's first layer does in an update, forward and the gradient of its weights; `hidden_layer` has the derivative
// by its input besides. `network_forward` and `network_forward_and_backward` are the three of pictures as a network,
// with dense layers of 512 and 4 behind. The batch goes through in the passes that an update makes of it.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <gradiva/gradiva.hpp>
#include <utility>

#include "common/peak.hpp"

namespace {

using namespace gradiva;

constexpr Index batch = 256;

MatrixBuffer<float> normal_matrix(Index rows, Index columns, std::uint64_t seed) {
    Rng rng(seed);
    MatrixBuffer<float> result(rows, columns);
    for (Index i = 0; i < rows * columns; ++i) result.data()[i] = static_cast<float>(rng.normal());
    return result;
}

/// A convolution, its parameters packed as for an update, a batch and all results.
struct Rig {
    Rig(const kernels::ConvolutionShape& shape, Index kernels)
        : layer{shape, {shape.patch(), kernels, 0}}, parameters(normal_matrix(layer.parameter_count(), 1, 1)),
          x(normal_matrix(layer.inputs(), batch, 2)), a(layer.outputs(), batch),
          dz(normal_matrix(layer.outputs(), batch, 3)), dx(layer.inputs(), batch) {
        layer.weights.pack<float>(flat(), true, packed);
        gradient.assign(layer.parameter_count(), 0);
    }

    std::span<const float> flat() const { return std::as_const(parameters).column(0); }

    template <class Body>
    void for_each_pass(const Body& body) {
        gradiva::for_each_pass({0, batch}, 1, 0, body);
    }
    void forward(Range pass) {
        layer.forward<float>(flat(), Activation::relu, std::as_const(x).columns(pass), a.columns(pass), patches,
                             &packed);
    }
    void weight_gradient(Range pass) {
        layer.add_gradient<float>(std::as_const(dz).columns(pass), std::as_const(x).columns(pass), gradient.span(),
                                  patches);
    }
    void input_gradient(Range pass) {
        layer.input_gradient<float>(flat(), std::as_const(dz).columns(pass), dx.columns(pass), patches, &packed);
    }

    ImageLayer layer;
    MatrixBuffer<float> parameters, x, a, dz, dx;
    PackedDense<float> packed;
    Buffer<float> gradient, patches;
};

/// The best measurement so far of what the core can do: what disturbs one only makes it lower.
double best_peak() {
    static double best = 0;
    return best = std::max(best, gradiva_bench::peak_flops());
}

/// `body` does `flops` floating-point operations.
template <class Body>
void measure(benchmark::State& state, double flops, const Body& body) {
    const double peak = best_peak();
    for (auto _ : state) {
        body();
        benchmark::ClobberMemory();
    }
    const auto rate = [&](double amount) {
        return benchmark::Counter(amount, benchmark::Counter::kIsIterationInvariantRate);
    };
    state.counters["FLOP/s"] = rate(flops);
    state.counters["of_peak"] = rate(flops / peak);
}

/// `body` does `products` products of the size of the layer's.
template <class Body>
void measure(benchmark::State& state, const Rig& rig, int products, const Body& body) {
    measure(state, 2.0 * products * static_cast<double>(rig.layer.outputs() * rig.layer.shape.patch() * batch), body);
}

void forward(benchmark::State& state, kernels::ConvolutionShape shape, Index kernels) {
    Rig rig(shape, kernels);
    measure(state, rig, 1, [&] { rig.for_each_pass([&](Range pass) { rig.forward(pass); }); });
}

void first_layer(benchmark::State& state, kernels::ConvolutionShape shape, Index kernels) {
    Rig rig(shape, kernels);
    measure(state, rig, 2, [&] {
        rig.for_each_pass([&](Range pass) {
            rig.forward(pass);
            rig.weight_gradient(pass);
        });
    });
}

void hidden_layer(benchmark::State& state, kernels::ConvolutionShape shape, Index kernels) {
    Rig rig(shape, kernels);
    measure(state, rig, 3, [&] {
        rig.for_each_pass([&](Range pass) {
            rig.forward(pass);
            rig.weight_gradient(pass);
            rig.input_gradient(pass);
        });
    });
}

// height, width, channels, kernel, stride
constexpr kernels::ConvolutionShape grid{10, 10, 4, 3, 1};
constexpr kernels::ConvolutionShape picture{84, 84, 4, 8, 4}, second{20, 20, 32, 4, 2}, third{9, 9, 64, 3, 1};

#define GRADIVA_BENCH_CONVOLUTION(name, shape, kernels)                                  \
    BENCHMARK_CAPTURE(forward, name, shape, kernels)->Unit(benchmark::kMillisecond);     \
    BENCHMARK_CAPTURE(first_layer, name, shape, kernels)->Unit(benchmark::kMillisecond); \
    BENCHMARK_CAPTURE(hidden_layer, name, shape, kernels)->Unit(benchmark::kMillisecond)

GRADIVA_BENCH_CONVOLUTION(10x10x4 to 16 of 3x3, grid, 16);
GRADIVA_BENCH_CONVOLUTION(84x84x4 to 32 of 8x8 stride 4, picture, 32);
GRADIVA_BENCH_CONVOLUTION(20x20x32 to 64 of 4x4 stride 2, second, 64);
GRADIVA_BENCH_CONVOLUTION(9x9x64 to 64 of 3x3, third, 64);

/// The network of pictures, with its batch.
struct NetworkRig {
    static constexpr Index hidden = 512, outputs = 4;

    NetworkRig()
        : network(picture.size(), outputs,
                  {.shape = {picture.height, picture.width, picture.channels},
                   .layers = {{.channels = second.channels, .kernel = picture.kernel, .stride = picture.stride},
                              {.channels = third.channels, .kernel = second.kernel, .stride = second.stride},
                              {.channels = 64, .kernel = third.kernel, .stride = third.stride}},
                   .hidden = {hidden}},
                  Rng(1)),
          x(normal_matrix(picture.size(), batch, 2)), dy(normal_matrix(outputs, batch, 3)) {
        gradient.assign(static_cast<Index>(network.parameters().size()), 0);
    }

    // Multiplications of an image in a forward pass.
    static Index of_first_layer() { return second.size() * picture.patch(); }
    static Index of_other_layers() {
        const Index features = third.positions() * 64;
        return third.size() * second.patch() + features * third.patch() + features * hidden + hidden * outputs;
    }

    template <class Body>
    void for_each_pass(const Body& body) {
        gradiva::for_each_pass({0, batch}, 1, 0, body);
    }
    void forward(Range pass) { benchmark::DoNotOptimize(network.forward(std::as_const(x).columns(pass), tape).data()); }
    void backward(Range pass) { network.backward(tape, std::as_const(dy).columns(pass), gradient.span()); }

    ConvolutionNetwork<float> network;
    MatrixBuffer<float> x, dy;
    Buffer<float> gradient;
    ConvolutionNetwork<float>::Tape tape;
};

void network_forward(benchmark::State& state) {
    NetworkRig rig;
    const double products = static_cast<double>(rig.of_first_layer() + rig.of_other_layers());
    measure(state, 2.0 * batch * products, [&] { rig.for_each_pass([&](Range pass) { rig.forward(pass); }); });
}
BENCHMARK(network_forward)->Unit(benchmark::kMillisecond);

void network_forward_and_backward(benchmark::State& state) {
    NetworkRig rig;
    // There is no derivative by the images.
    const double products = static_cast<double>(2 * rig.of_first_layer() + 3 * rig.of_other_layers());
    measure(state, 2.0 * batch * products, [&] {
        rig.for_each_pass([&](Range pass) {
            rig.forward(pass);
            rig.backward(pass);
        });
    });
}
BENCHMARK(network_forward_and_backward)->Unit(benchmark::kMillisecond);

}  // namespace
