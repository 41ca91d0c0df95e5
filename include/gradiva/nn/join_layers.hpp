#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/detail/networks_side_by_side.hpp"
#include "gradiva/nn/input_rows.hpp"
#include "gradiva/nn/join_description.hpp"
#include "gradiva/nn/mlp_layers.hpp"

namespace GRADIVA_NAMESPACE {

/// The layers that a `Join` describes. Owns no parameters: those of the networks, in their order, are followed by those
/// of the dense layers.
template <class ScalarT>
class JoinLayers {
    using Networks = detail::NetworksSideBySide<ScalarT>;

public:
    using Scalar = ScalarT;

    /// Of the description, for errors.
    static constexpr std::string_view name = "Join";

    static constexpr bool column_by_column = true;

    /// Of the networks and of the dense layers (see `pack_weights`).
    struct PackedWeights {
        typename Networks::PackedWeights networks;
        typename MlpLayers<Scalar>::PackedWeights dense;
    };

    /// What a forward pass stores.
    struct Tape {
        typename InputRows<Scalar>::Tape input;
        typename Networks::Tape networks;
        typename MlpLayers<Scalar>::Tape dense;

        void use_once() {
            networks.use_once();
            dense.use_once();
        }
        void use_packed(const PackedWeights& weights) {
            networks.use_packed(weights.networks);
            dense.use_packed(weights.dense);
        }
    };

    /// `outputs` may be `features`. Throws `Error` where there are fewer than two networks, and for what each network
    /// refuses, by its number.
    JoinLayers(Index inputs, Index outputs, const Join& description)
        : input_(name, inputs, description.inputs), networks_(layers_of(input_.size(), description)),
          dense_(networks_.outputs(), outputs,
                 {.hidden = description.hidden,
                  .activation = description.activation,
                  .layer_norm = description.layer_norm},
                 name) {}

    /// Of given layers: networks, at least one, and the dense layers behind them.
    JoinLayers(InputRows<Scalar> input, std::vector<AnyLayers<Scalar>> networks, MlpLayers<Scalar> dense)
        : input_(std::move(input)), networks_(std::move(networks)), dense_(std::move(dense)) {
        GRADIVA_ASSERT(dense_.inputs() == networks_.outputs());
    }

    Index inputs() const { return input_.observed(); }
    Index outputs() const { return dense_.outputs(); }
    Index parameter_count() const { return networks_.parameter_count() + dense_.parameter_count(); }
    /// What parameter i belongs to, such as "networks[0], layer 1, bias 4".
    std::string parameter_name(Index i) const {
        const Index in_networks = networks_.parameter_count();
        return i < in_networks ? networks_.parameter_name(i) : dense_.parameter_name(i - in_networks);
    }

    /// Initialises each network as one of its own; see `MlpLayers`.
    void initialise(std::span<Scalar> parameters, Rng& rng, double output_gain) const {
        networks_.initialise(of_networks(parameters), rng);
        dense_.initialise(of_dense(parameters), rng, output_gain);
    }

    void pack(std::span<const Scalar> parameters, PackedWeights& packed) const {
        networks_.pack(of_networks(parameters), packed.networks);
        dense_.pack(of_dense(parameters), packed.dense);
    }

    /// Y (outputs x batch) of X (inputs x batch), a view into the tape.
    ConstMatrixMap<Scalar> forward(std::span<const Scalar> parameters, const ConstMatrixRef<Scalar>& x,
                                   Tape& tape) const {
        const ConstRowsMap<Scalar>& rows = input_.forward(x, tape.input);
        return dense_.forward(of_dense(parameters), networks_.forward(of_networks(parameters), rows, tape.networks),
                              tape.dense);
    }

    /// Adds dL/dparameters to `gradient`.
    void backward(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixRef<Scalar>& dy,
                  std::span<Scalar> gradient) const {
        backward_of_dense(parameters, tape, dy, gradient);
        networks_.backward(of_networks(parameters), tape.networks, of_networks(gradient));
    }

    /// The same, and dX := dL/dX.
    void backward(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixRef<Scalar>& dy,
                  std::span<Scalar> gradient, MatrixRef<Scalar> dx) const {
        backward_of_dense(parameters, tape, dy, gradient);
        networks_.backward(of_networks(parameters), tape.networks, of_networks(gradient), input_.rows_of(dx));
        input_.backward(tape.input, dx);
    }

    /// The tangent of Y, (dY/dparameters) v, outputs x batch, at the point of the last forward pass.
    ConstMatrixMap<Scalar> jvp(std::span<const Scalar> parameters, Tape& tape, std::span<const Scalar> v) const {
        const ConstMatrixMap<Scalar> tangent = networks_.jvp(of_networks(parameters), tape.networks, of_networks(v));
        return dense_.jvp(of_dense(parameters), tape.dense, of_dense(v), &tangent);
    }

    bool normalizes() const { return networks_.normalizes(); }
    void merge_observations(std::span<const kernels::Moments> rows) {
        networks_.merge_observations(rows.subspan(to_size(input_.rows().begin), to_size(input_.size())));
    }

    void visit_state(State& state) {
        state.fixed("type", name);
        input_.visit_state(state);
        networks_.visit_state(state);
        state("dense", dense_);
    }

private:
    static std::vector<AnyLayers<Scalar>> layers_of(Index inputs, const Join& description) {
        require(description.networks.size() >= 2, "Join: networks has {}; give at least two, or the network itself",
                description.networks.size());
        std::vector<AnyLayers<Scalar>> layers;
        for (std::size_t k = 0; k < description.networks.size(); ++k) {
            with_prefix([&] { layers.emplace_back(inputs, features, description.networks[k]); },
                        [&] { return fmt::format("Join.networks[{}]", k); });
        }
        return layers;
    }

    template <class T>
    std::span<T> of_networks(std::span<T> flat) const {
        return part(flat, 0, networks_.parameter_count());
    }
    template <class T>
    std::span<T> of_dense(std::span<T> flat) const {
        return part(flat, networks_.parameter_count(), dense_.parameter_count());
    }

    void backward_of_dense(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixRef<Scalar>& dy,
                           std::span<Scalar> gradient) const {
        dense_.backward(of_dense(parameters), tape.dense, dy, of_dense(gradient), networks_.derivative(tape.networks));
    }

    InputRows<Scalar> input_;
    Networks networks_;
    MlpLayers<Scalar> dense_;
};

}  // namespace GRADIVA_NAMESPACE
