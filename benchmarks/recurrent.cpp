// Networks with memory: the passes of a Gru and an Lstm of 64 units, with 4 inputs and no dense layers but the output
// layer, over 64 sequences of 16 steps, in floating-point operations of the matrix products per second, and as a share
// of what one core can do at best. `gates` are the passes of the cell alone, in nanoseconds per unit of a column.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <gradiva/gradiva.hpp>
#include <utility>
#include <vector>

#include "common/peak.hpp"

namespace {

using namespace gradiva;

constexpr Index inputs = 4, outputs = 2, units = 64, steps = 16, sequences = 64;

template <class Network, class Description>
struct Rig {
    Rig()
        : network(inputs, outputs, Description{.units = units, .after = {}}, Rng(1)), width(to_size(steps), sequences),
          begins(to_size(steps * sequences), 0), state(network.state_size(), sequences), x(inputs, steps * sequences),
          dy(outputs, steps * sequences), gradient(network.parameters().size()) {
        Rng rng(2);
        for (auto* m : {&state, &x, &dy}) {
            for (Index i = 0; i < m->rows() * m->cols(); ++i) m->data()[i] = static_cast<float>(rng.normal());
        }
        network.pack(packed);
        use_packed(tape, packed);
        use_once(tape);
    }

    void forward() { network.forward(std::as_const(x).matrix(), {width, begins, std::as_const(state).matrix()}, tape); }
    void backward() { network.backward(tape, std::as_const(dy).matrix(), std::span(gradient)); }

    /// Of one product with each weight, for one column.
    static double products() { return static_cast<double>(Network::Layers::Cell::gates * units * units); }
    static double input_products() { return static_cast<double>(Network::Layers::Cell::gates * units * inputs); }

    Network network;
    std::vector<Index> width;
    std::vector<std::uint8_t> begins;
    MatrixBuffer<float> state, x, dy;
    std::vector<float> gradient;
    PackedWeightsOf<Network> packed;
    typename Network::Tape tape;
};

/// The best of all that were measured: what disturbs a measurement only makes it lower.
double peak_flops() {
    static double best = 0;
    best = std::max(best, gradiva_bench::peak_flops());
    return best;
}

/// `multiplications` are those of the matrix products in a column.
template <class Body>
void measure(benchmark::State& state, double multiplications, const Body& body) {
    const double peak = peak_flops();
    for (auto _ : state) {
        body();
        benchmark::ClobberMemory();
    }
    const double amount = 2 * multiplications * static_cast<double>(steps * sequences);
    const auto rate = [](double x) { return benchmark::Counter(x, benchmark::Counter::kIsIterationInvariantRate); };
    state.counters["FLOP/s"] = rate(amount);
    state.counters["of_peak"] = rate(amount / peak);
}

template <class Network, class Description>
void forward(benchmark::State& state) {
    Rig<Network, Description> rig;
    measure(state, rig.products() + rig.input_products() + outputs * units, [&] { rig.forward(); });
}

template <class Network, class Description>
void forward_and_backward(benchmark::State& state) {
    Rig<Network, Description> rig;
    measure(state, 3 * rig.products() + 2 * rig.input_products() + 3 * outputs * units, [&] {
        rig.forward();
        rig.backward();
    });
}

template <class Network, class Description>
void gates(benchmark::State& state) {
    Rig<Network, Description> rig;
    rig.forward();
    auto& memory = rig.tape.memory;
    const Index gates = Network::Layers::Cell::gates;
    MatrixBuffer<float> gate(gates * units, sequences);
    for (auto _ : state) {
        Network::Layers::Cell::template forward<float>(
            gate.matrix(), std::as_const(memory.of_step).matrix(), std::as_const(memory.before).columns({0, sequences}),
            memory.kept.columns({0, sequences}), memory.after.columns({0, sequences}));
        benchmark::ClobberMemory();
    }
    state.counters["s/unit"] = benchmark::Counter(
        units * sequences, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

BENCHMARK_TEMPLATE(forward, GruNetwork<float>, Gru);
BENCHMARK_TEMPLATE(forward_and_backward, GruNetwork<float>, Gru);
BENCHMARK_TEMPLATE(gates, GruNetwork<float>, Gru);
BENCHMARK_TEMPLATE(forward, LstmNetwork<float>, Lstm);
BENCHMARK_TEMPLATE(forward_and_backward, LstmNetwork<float>, Lstm);
BENCHMARK_TEMPLATE(gates, LstmNetwork<float>, Lstm);

}  // namespace
