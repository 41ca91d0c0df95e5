#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/input_rows.hpp"
#include "gradiva/nn/join_description.hpp"
#include "gradiva/nn/mlp_layers.hpp"

namespace GRADIVA_NAMESPACE {

template <class Scalar>
class AnyLayers;
template <class Scalar>
struct AnyTape;
template <class Scalar>
struct AnyPackedWeights;

/// The layers that a `Join` describes. Owns no parameters: those of the networks, in their order, are followed by those
/// of the dense layers.
template <class ScalarT>
class JoinLayers {
public:
    using Scalar = ScalarT;

    /// Of the description, for errors.
    static constexpr std::string_view name = "Join";

    static constexpr bool column_by_column = true;

    /// Of the networks and of the dense layers (see `pack_weights`).
    struct PackedWeights {
        std::vector<AnyPackedWeights<Scalar>> networks;
        typename MlpLayers<Scalar>::PackedWeights dense;
    };

    /// What a forward pass stores.
    struct Tape {
        typename InputRows<Scalar>::Tape input;
        std::vector<AnyTape<Scalar>> networks;
        typename MlpLayers<Scalar>::Tape dense;
        MatrixBuffer<Scalar> joined;    ///< outputs of the networks, or their tangents, side by side
        MatrixBuffer<Scalar> d_joined;  ///< dL/djoined
        MatrixBuffer<Scalar> d_input;   ///< dL/dX by one of the networks
        bool single_use = false;
        const PackedWeights* packed = nullptr;

        void use_once() { single_use = true; }
        void use_packed(const PackedWeights& weights) { packed = &weights; }
    };

    /// `outputs` may be `features`. Throws `Error` where there are fewer than two networks, and for what each network
    /// refuses.
    JoinLayers(Index inputs, Index outputs, const Join& description)
        : input_(name, inputs, description.inputs), networks_(layers_of(input_.size(), description)),
          dense_(width_of(networks_), outputs,
                 {.hidden = description.hidden,
                  .activation = description.activation,
                  .layer_norm = description.layer_norm},
                 name) {}

    /// Of given layers: networks, at least one, and the dense layers behind them.
    JoinLayers(InputRows<Scalar> input, std::vector<AnyLayers<Scalar>> networks, MlpLayers<Scalar> dense)
        : input_(std::move(input)), networks_(std::move(networks)), dense_(std::move(dense)) {
        GRADIVA_ASSERT(dense_.inputs() == width_of(networks_));
    }

    Index inputs() const { return input_.observed(); }
    Index outputs() const { return dense_.outputs(); }
    Index parameter_count() const { return first_of_dense() + dense_.parameter_count(); }

    /// Initialises each network as one of its own; see `MlpLayers`.
    void initialise(std::span<Scalar> parameters, Rng& rng, double output_gain) const {
        each_network([&](std::size_t k, Range own) {
            networks_[k].initialise(part(parameters, own.begin, own.size()), rng, 1);
        });
        dense_.initialise(of_dense(parameters), rng, output_gain);
    }

    void pack(std::span<const Scalar> parameters, PackedWeights& packed) const {
        packed.networks.resize(networks_.size());
        each_network([&](std::size_t k, Range own) {
            networks_[k].pack(part(parameters, own.begin, own.size()), packed.networks[k]);
        });
        dense_.pack(of_dense(parameters), packed.dense);
    }

    /// Y (outputs x batch) of X (inputs x batch), a view into the tape.
    ConstMatrixMap<Scalar> forward(std::span<const Scalar> parameters, const ConstMatrixRef<Scalar>& x,
                                   Tape& tape) const {
        const ConstRowsMap<Scalar>& rows = input_.forward(x, tape.input);
        tape.networks.resize(networks_.size());
        tape.joined.resize(dense_.inputs(), x.cols());
        set_up(tape);
        join(
            [&](std::size_t k, Range own) {
                return networks_[k].forward(part(parameters, own.begin, own.size()), rows, tape.networks[k]);
            },
            tape.joined.matrix());
        return dense_.forward(of_dense(parameters), std::as_const(tape.joined).matrix(), tape.dense);
    }

    /// Adds dL/dparameters to `gradient`.
    void backward(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixRef<Scalar>& dy,
                  std::span<Scalar> gradient) const {
        backward_of_dense(parameters, tape, dy, gradient);
        Index row = 0;
        each_network([&](std::size_t k, Range own) {
            networks_[k].backward(part(parameters, own.begin, own.size()), tape.networks[k],
                                  derivative_of(k, row, tape), part(gradient, own.begin, own.size()));
        });
    }

    /// The same, and dX := dL/dX.
    void backward(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixRef<Scalar>& dy,
                  std::span<Scalar> gradient, MatrixRef<Scalar> dx) const {
        backward_of_dense(parameters, tape, dy, gradient);
        MatrixRef<Scalar> d_rows = input_.rows_of(dx);
        tape.d_input.resize(d_rows.rows(), d_rows.cols());
        d_rows.setZero();
        Index row = 0;
        each_network([&](std::size_t k, Range own) {
            networks_[k].backward(part(parameters, own.begin, own.size()), tape.networks[k],
                                  derivative_of(k, row, tape), part(gradient, own.begin, own.size()),
                                  tape.d_input.matrix());
            d_rows += tape.d_input.matrix();
        });
        input_.backward(tape.input, dx);
    }

    /// The tangent of Y, (dY/dparameters) v, outputs x batch, at the point of the last forward pass.
    ConstMatrixMap<Scalar> jvp(std::span<const Scalar> parameters, Tape& tape, std::span<const Scalar> v) const {
        tape.d_joined.resize(dense_.inputs(), tape.joined.cols());
        join(
            [&](std::size_t k, Range own) {
                return networks_[k].jvp(part(parameters, own.begin, own.size()), tape.networks[k],
                                        part(v, own.begin, own.size()));
            },
            tape.d_joined.matrix());
        const ConstMatrixMap<Scalar> tangent = std::as_const(tape.d_joined).matrix();
        return dense_.jvp(of_dense(parameters), tape.dense, of_dense(v), &tangent);
    }

    bool normalizes() const {
        bool any = false;
        for (const AnyLayers<Scalar>& network : networks_) any = any || network.normalizes();
        return any;
    }
    void merge_observations(std::span<const kernels::Moments> rows) {
        for (AnyLayers<Scalar>& network : networks_) {
            network.merge_observations(rows.subspan(to_size(input_.rows().begin), to_size(input_.size())));
        }
    }

    void visit_state(State& state) {
        state.fixed("type", name);
        input_.visit_state(state);
        state.fixed("count", static_cast<Index>(networks_.size()));
        for (std::size_t k = 0; k < networks_.size(); ++k) state(fmt::format("network_{}", k), networks_[k]);
        state("dense", dense_);
    }

private:
    static std::vector<AnyLayers<Scalar>> layers_of(Index inputs, const Join& description) {
        require(description.networks.size() >= 2, "Join: networks has {}; give at least two, or the network itself",
                description.networks.size());
        std::vector<AnyLayers<Scalar>> layers;
        for (const auto& network : description.networks) layers.emplace_back(inputs, features, network);
        return layers;
    }

    static Index width_of(const std::vector<AnyLayers<Scalar>>& networks) {
        Index width = 0;
        for (const AnyLayers<Scalar>& network : networks) width += network.outputs();
        return width;
    }

    /// Calls `use` with the number of each network and the range of its parameters.
    template <class Use>
    void each_network(const Use& use) const {
        Range own{0, 0};
        for (std::size_t k = 0; k < networks_.size(); ++k) {
            own = {own.end, own.end + networks_[k].parameter_count()};
            use(k, own);
        }
    }

    Index first_of_dense() const {
        Index count = 0;
        for (const AnyLayers<Scalar>& network : networks_) count += network.parameter_count();
        return count;
    }

    template <class T>
    std::span<T> of_dense(std::span<T> flat) const {
        return part(flat, first_of_dense(), dense_.parameter_count());
    }

    /// The tapes of the parts have the switches of the whole.
    void set_up(Tape& tape) const {
        if (tape.single_use) tape.dense.use_once();
        if (tape.packed) tape.dense.use_packed(tape.packed->dense);
        for (std::size_t k = 0; k < networks_.size(); ++k) {
            if (tape.single_use) tape.networks[k].use_once();
            if (tape.packed) tape.networks[k].use_packed(tape.packed->networks[k]);
        }
    }

    /// Writes what `pass` returns of each network side by side.
    template <class Pass>
    void join(const Pass& pass, MatrixMap<Scalar> joined) const {
        Index row = 0;
        each_network([&](std::size_t k, Range own) {
            const ConstMatrixMap<Scalar> y = pass(k, own);
            joined.middleRows(row, y.rows()) = y;
            row += y.rows();
        });
    }

    void backward_of_dense(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixRef<Scalar>& dy,
                           std::span<Scalar> gradient) const {
        tape.d_joined.resize(tape.joined.rows(), tape.joined.cols());
        dense_.backward(of_dense(parameters), tape.dense, dy, of_dense(gradient), tape.d_joined.matrix());
    }

    /// dL/dY of a network, whose rows begin at `row`, which moves on to those of the next.
    ConstMatrixRef<Scalar> derivative_of(std::size_t network, Index& row, Tape& tape) const {
        const ConstMatrixMap<Scalar> all = std::as_const(tape.d_joined).matrix();
        const Index count = networks_[network].outputs();
        const ConstRowsMap<Scalar> own(all.data() + row, count, all.cols(), ColumnStride(all.rows()));
        row += count;
        return own;
    }

    InputRows<Scalar> input_;
    std::vector<AnyLayers<Scalar>> networks_;
    MlpLayers<Scalar> dense_;
};

}  // namespace GRADIVA_NAMESPACE
