// Whole networks: forward passes, derivatives by the input, tangents.
#include "bits/column_bits.hpp"
#include "gradiva/nn/convolution.hpp"
#include "gradiva/nn/join.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/shared_trunk.hpp"

namespace gradiva_bits {

namespace {

using namespace gradiva;

template <class Network>
void check(const std::string& name, Network network) {
    using Scalar = typename Network::Scalar;
    Rng rng(1);
    for (Scalar& w : network.parameters()) w += static_cast<Scalar>(0.3 * rng.normal());
    const auto x = normal_columns<Scalar>(network.inputs(), rng), dy = normal_columns<Scalar>(network.outputs(), rng);
    MatrixBuffer<Scalar> direction(1, static_cast<Index>(network.parameters().size()));
    for (Index i = 0; i < direction.cols(); ++i) direction.data()[i] = static_cast<Scalar>(rng.normal());
    const std::span<const Scalar> v(direction.data(), network.parameters().size());
    check_columns(fmt::format("{}, {} to {}, {}", name, network.inputs(), network.outputs(), scalar_name<Scalar>()),
                  [&](Range range, Outputs& out) {
                      typename Network::Tape tape;
                      std::vector<Scalar> gradient(network.parameters().size());
                      MatrixBuffer<Scalar> dx(network.inputs(), most_columns);
                      out.add_columns(network.forward(x.columns(range), tape));
                      out.add_columns(network.jvp(tape, v));
                      network.backward(tape, dy.columns(range), gradient, dx.columns(range));
                      out.add_columns(dx.columns(range));
                      if constexpr (requires { network.value(x.columns(range), tape); }) {
                          out.add_columns(network.value(x.columns(range), tape));
                      }
                  });
}

template <class Scalar>
void check_all() {
    for (const Activation f : {Activation::relu, Activation::tanh, Activation::gelu}) {
        const Convolution image{.shape = {6, 5, 3},
                                .layers = {{5, 3, 1, 1}, {17, 2, 2}, {32, 2}},
                                .hidden = {9},
                                .activation = f,
                                .normalize_observations = true};
        check("convolutions", ConvolutionNetwork<Scalar>(90, 3, image, Rng(2)));
        Convolution of_first_rows = image;
        of_first_rows.inputs = Range{0, 90};
        const Mlp of_one_row{.hidden = {5, 17}, .activation = f, .inputs = Range{92, 93}};
        const Mlp of_last_rows{
            .hidden = {}, .layer_norm = true, .normalize_observations = true, .inputs = Range{88, 97}};
        const Join join{.networks = {of_first_rows, of_one_row, of_last_rows}, .hidden = {19}, .activation = f};
        check("join", JoinNetwork<Scalar>(97, 3, join, Rng(2)));
        const bool is_image = f == Activation::relu;
        const SharedTrunk shared{.trunk = is_image ? NetworkPart(of_first_rows) : NetworkPart(join),
                                 .actor = {.hidden = {5}},
                                 .critic = {.hidden = {7}}};
        check(is_image ? "shared convolutions" : "shared join", TrunkNetwork<Scalar>(97, 3, shared, Rng(2)));
    }
    for (const Index outputs : {1, 2, 3, 8, 18}) {
        for (const Index inputs : {1, 3, 17, 40}) {
            const auto mlp = [&](const std::string& name, const Mlp& description) {
                check(name, MlpNetwork<Scalar>(inputs, outputs, description, Rng(2)));
            };
            mlp("linear", {.hidden = {}});
            mlp("64-64", {});
            mlp("5-19 relu", {.hidden = {5, 19}, .activation = Activation::relu});
            mlp("64-64 gelu", {.activation = Activation::gelu});
            mlp("33 with layer norm", {.hidden = {33}, .layer_norm = true, .normalize_observations = true});
            check("shared 16-16", TrunkNetwork<Scalar>(inputs, outputs, {.trunk = Mlp{.hidden = {16, 16}}}, Rng(2)));
        }
    }
}

}  // namespace

void check_networks() {
    check_all<float>();
    check_all<double>();
}

}  // namespace gradiva_bits
