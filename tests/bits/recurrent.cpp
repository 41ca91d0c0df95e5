// Networks with memory: a column is a sequence of some steps, in which an episode may begin anywhere. Forward passes,
// states, derivatives by the input, tangents.
#include <vector>

#include "bits/column_bits.hpp"
#include "gradiva/nn/gru.hpp"
#include "gradiva/nn/lstm.hpp"
#include "gradiva/policy/recurrent_trunk.hpp"

namespace gradiva_bits {

namespace {

using namespace gradiva;

template <class Network>
void check(const std::string& name, Network network) {
    using Scalar = typename Network::Scalar;
    constexpr Index steps = 3;
    Rng rng(1);
    for (Scalar& w : network.parameters()) w += static_cast<Scalar>(0.3 * rng.normal());
    std::vector<MatrixBuffer<Scalar>> x, dy;
    for (Index t = 0; t < steps; ++t) {
        x.push_back(normal_columns<Scalar>(network.inputs(), rng));
        dy.push_back(normal_columns<Scalar>(network.outputs(), rng));
    }
    const auto state = normal_columns<Scalar>(network.state_size(), rng);
    std::vector<std::uint8_t> begins;
    for (Index i = 0; i < steps * most_columns; ++i) begins.push_back(rng.below(4) == 0);
    std::vector<Scalar> v;
    for (std::size_t i = 0; i < network.parameters().size(); ++i) v.push_back(static_cast<Scalar>(rng.normal()));
    check_columns(fmt::format("{}, {} to {}, {}", name, network.inputs(), network.outputs(), scalar_name<Scalar>()),
                  [&](Range range, Outputs& out) {
                      const std::vector<Index> width(to_size(steps), range.size());
                      std::vector<std::uint8_t> begins_of_range;
                      MatrixBuffer<Scalar> inputs(network.inputs(), steps * range.size()),
                          d(network.outputs(), inputs.cols()), dx(network.inputs(), inputs.cols());
                      for (Index t = 0; t < steps; ++t) {
                          inputs.copy_columns(t * range.size(), x[to_size(t)], range);
                          d.copy_columns(t * range.size(), dy[to_size(t)], range);
                          const auto first = begins.begin() + t * most_columns + range.begin;
                          begins_of_range.insert(begins_of_range.end(), first, first + range.size());
                      }
                      typename Network::Tape tape;
                      std::vector<Scalar> gradient(network.parameters().size());
                      const auto add_steps = [&](const ConstMatrixMap<Scalar>& m) {
                          for (Index t = 0; t < steps; ++t)
                              out.add_columns(m.middleCols(t * range.size(), range.size()));
                      };
                      add_steps(network.forward(std::as_const(inputs).matrix(),
                                                {width, begins_of_range, state.columns(range)}, tape));
                      for (Index t = 0; t < steps; ++t) out.add_columns(network.state_after(tape, t));
                      if constexpr (requires { network.value(tape); }) {
                          const auto value = network.value(tape);
                          add_steps({value.data(), 1, value.size()});
                      }
                      add_steps(network.jvp(tape, v));
                      network.backward(tape, std::as_const(d).matrix(), gradient, dx.matrix());
                      add_steps(std::as_const(dx).matrix());
                  });
}

template <class Scalar>
void check_all() {
    for (const Index units : {1, 19, 64}) {
        check(fmt::format("Gru of {}", units), GruNetwork<Scalar>(4, 2, {.units = units, .after = {}}, Rng(2)));
    }
    for (const Index units : {5, 16}) {
        check(fmt::format("Lstm of {}", units), LstmNetwork<Scalar>(4, 2, {.units = units, .after = {9}}, Rng(2)));
    }
    check("Gru with all", GruNetwork<Scalar>(17, 3,
                                             {.before = {19},
                                              .units = 21,
                                              .activation = Activation::silu,
                                              .layer_norm = true,
                                              .normalize_observations = true},
                                             Rng(2)));
    for (const RecurrentPart& trunk :
         {RecurrentPart(Gru{.units = 19, .after = {}}), RecurrentPart(Lstm{.units = 16})}) {
        check("trunk", RecurrentTrunkNetwork<Scalar>(4, 2, {.trunk = trunk, .critic = {.hidden = {7}}}, Rng(2)));
    }
}

}  // namespace

void check_recurrent() {
    check_all<float>();
    check_all<double>();
}

}  // namespace gradiva_bits
