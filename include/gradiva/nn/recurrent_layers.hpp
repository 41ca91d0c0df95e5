#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/nn/detail/parameter_names.hpp"
#include "gradiva/nn/input_rows.hpp"
#include "gradiva/nn/mlp_layers.hpp"
#include "gradiva/nn/recurrence.hpp"
#include "gradiva/nn/sequences.hpp"

namespace GRADIVA_NAMESPACE {

/// The layers that a description of a network with memory names: dense layers (see `MlpLayers`) of the rows of X that
/// are read, the memory (see `Recurrence`), and dense layers of its h. X is inputs x M and Y outputs x M, for the M
/// columns of all steps of a batch of sequences. Owns no parameters: those of `parameters` are those of the dense
/// layers before, W, b, U, c, and those of the dense layers after.
///
/// `Cell` is a cell of kernels/recurrent/ with the type `Description` and the `name` of that, for errors.
template <class ScalarT, class CellT>
class RecurrentLayers {
public:
    using Scalar = ScalarT;
    using Cell = CellT;

    static constexpr std::string_view name = Cell::name;

    /// In a forward pass a sequence has the same bits beside any other sequences, and cut anywhere into several passes.
    static constexpr bool column_by_column = true;

    /// The weights of all layers, packed by `pack` for the matrix products of passes until the parameters change.
    struct PackedWeights {
        typename MlpLayers<Scalar>::PackedWeights before, after;
        typename Recurrence<Scalar, Cell>::PackedWeights memory;
    };

    /// What a forward pass stores for `backward` and `jvp`. One tape per shard; reusable for batches of any width.
    struct Tape {
        typename MlpLayers<Scalar>::Tape before, after;
        typename Recurrence<Scalar, Cell>::Tape memory;
        MatrixBuffer<Scalar> d_state;  ///< dL/dstate of each column, by the layers after it
        MatrixBuffer<Scalar> d_input;  ///< dL/dA of the layers before, A being their output

        void use_once() {
            before.use_once();
            after.use_once();
        }
        void use_packed(const PackedWeights& weights) {
            before.use_packed(weights.before);
            memory.packed = &weights.memory;
            after.use_packed(weights.after);
        }
    };

    /// `outputs` may be `features`. Throws `Error` when `inputs`, `units` or the size of a dense layer is below 1, and
    /// where the description reads rows that do not exist.
    RecurrentLayers(Index inputs, Index outputs, const typename Cell::Description& description)
        : before_(inputs, features, dense_before(checked(description)), name),
          memory_(before_.outputs(), description.units, before_.parameter_count()),
          after_(memory_.state_size(), outputs, dense_after(description), name) {}

    Index inputs() const { return before_.inputs(); }
    Index outputs() const { return after_.outputs(); }
    /// Rows S of the state that `Sequences` holds: for a `Gru` h, for an `Lstm` h and then s.
    Index state_size() const { return memory_.state_size(); }
    Index parameter_count() const { return after_offset() + after_.parameter_count(); }
    /// The dense layers before the memory, whose parameters come first; `before().input()` says what is read.
    const MlpLayers<Scalar>& before() const { return before_; }
    /// The rows that are read, and what normalises them.
    InputRows<Scalar>& input() { return before_.input(); }
    /// The memory; it says where W, b, U and c lie in the parameters.
    const Recurrence<Scalar, Cell>& memory() const { return memory_; }
    /// The dense layers after it, whose parameters begin at `after_offset()`.
    const MlpLayers<Scalar>& after() const { return after_; }
    Index after_offset() const { return before_.parameter_count() + memory_.parameter_count(); }
    /// What parameter i belongs to, such as "memory, input weight (3, 2)", row and column, or "after, layer 0, bias 3".
    std::string parameter_name(Index i) const {
        if (i < before_.parameter_count()) return "before, " + before_.parameter_name(i);
        if (i >= after_offset()) return "after, " + after_.parameter_name(i - after_offset());
        const bool is_of_input = i < memory_.hidden().offset;
        return fmt::format("memory, {} {}", is_of_input ? "input" : "hidden",
                           detail::name_of_parameter(is_of_input ? memory_.input() : memory_.hidden(), i));
    }

    /// Sets weights to orthogonal matrices (`orthogonal_init`) of gain sqrt(2) in dense layers and `output_gain` in the
    /// output layer, and those of each gate to one of gain 1. Biases stay as they are.
    void initialise(std::span<Scalar> parameters, Rng& rng, double output_gain) const {
        before_.initialise(of_before(parameters), rng, output_gain);
        memory_.initialise(parameters, rng);
        after_.initialise(of_after(parameters), rng, output_gain);
    }

    /// Packs the current weights (see `pack_weights`).
    void pack(std::span<const Scalar> parameters, PackedWeights& packed) const {
        before_.pack(of_before(parameters), packed.before);
        memory_.pack(parameters, packed.memory);
        after_.pack(of_after(parameters), packed.after);
    }

    /// Y (outputs x M) of X (inputs x M), a view into the tape.
    ConstMatrixMap<Scalar> forward(std::span<const Scalar> parameters, const ConstMatrixRef<Scalar>& x,
                                   const Sequences<Scalar>& sequences, Tape& tape) const {
        const ConstMatrixMap<Scalar> a = before_.forward(of_before(parameters), x, tape.before);
        const ConstMatrixMap<Scalar> state = memory_.forward(parameters, a, sequences, tape.memory);
        return after_.forward(of_after(parameters), state, tape.after);
    }

    /// The state after each column of step t, S x width[t], a view into the tape.
    ConstMatrixMap<Scalar> state_after(const Tape& tape, Index t) const { return memory_.state_after(tape.memory, t); }

    /// Adds dL/dparameters to `gradient`.
    void backward(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixRef<Scalar>& dy,
                  std::span<Scalar> gradient) const {
        const bool passes_on = !before_.layers().empty();
        backward_to_before(parameters, tape, dy, gradient, passes_on);
        if (!passes_on) return;
        before_.backward(of_before(parameters), tape.before, tape.d_input.matrix(), of_before(gradient));
    }

    /// The same, and dX := dL/dX.
    void backward(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixRef<Scalar>& dy,
                  std::span<Scalar> gradient, MatrixRef<Scalar> dx) const {
        backward_to_before(parameters, tape, dy, gradient, true);
        before_.backward(of_before(parameters), tape.before, tape.d_input.matrix(), of_before(gradient), dx);
    }

    /// The tangent of Y, (dY/dparameters) v, outputs x M, at the point of the last forward pass, a view into the tape.
    ConstMatrixMap<Scalar> jvp(std::span<const Scalar> parameters, Tape& tape, std::span<const Scalar> v) const {
        const ConstMatrixMap<Scalar> a = before_.jvp(of_before(parameters), tape.before, of_before(v));
        const ConstMatrixMap<Scalar> state =
            memory_.jvp(parameters, tape.memory, v, before_.layers().empty() ? nullptr : &a);
        return after_.jvp(of_after(parameters), tape.after, of_after(v), &state);
    }

    bool normalizes() const { return before_.normalizes(); }
    void merge_observations(std::span<const kernels::Moments> rows) { before_.merge_observations(rows); }

    void visit_state(State& state) {
        state.fixed("type", name);
        state("before", before_);
        state.fixed("units", memory_.units());
        state("after", after_);
    }

private:
    using Description = typename Cell::Description;

    static const Description& checked(const Description& description) {
        require(description.units >= 1, "{}: units is {}; give the memory at least 1 unit", name, description.units);
        const auto check = [](const std::vector<Index>& units, std::string_view field) {
            for (std::size_t i = 0; i < units.size(); ++i) {
                require(units[i] >= 1, "{}: {}[{}] is {}; give every dense layer at least 1 unit", name, field, i,
                        units[i]);
            }
        };
        check(description.before, "before");
        check(description.after, "after");
        return description;
    }

    static Mlp dense_before(const Description& description) {
        return {.hidden = description.before,
                .activation = description.activation,
                .layer_norm = description.layer_norm,
                .normalize_observations = description.normalize_observations,
                .inputs = description.inputs};
    }
    /// Of the state they read h.
    static Mlp dense_after(const Description& description) {
        return {.hidden = description.after,
                .activation = description.activation,
                .layer_norm = description.layer_norm,
                .inputs = Range{0, description.units}};
    }

    template <class T>
    std::span<T> of_before(std::span<T> flat) const {
        return part(flat, 0, before_.parameter_count());
    }
    template <class T>
    std::span<T> of_after(std::span<T> flat) const {
        return part(flat, after_offset(), after_.parameter_count());
    }

    /// The backward pass down to the memory's gradient, and where `passes_on`, dL/dA in the tape.
    void backward_to_before(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixRef<Scalar>& dy,
                            std::span<Scalar> gradient, bool passes_on) const {
        tape.d_state.resize(state_size(), dy.cols());
        after_.backward(of_after(parameters), tape.after, dy, of_after(gradient), tape.d_state.matrix());
        if (passes_on) tape.d_input.resize(before_.outputs(), dy.cols());
        const MatrixMap<Scalar> d_input = tape.d_input.matrix();
        memory_.backward(parameters, tape.memory, std::as_const(tape.d_state).matrix(), gradient,
                         passes_on ? &d_input : nullptr);
    }

    MlpLayers<Scalar> before_;
    Recurrence<Scalar, Cell> memory_;
    MlpLayers<Scalar> after_;
};

}  // namespace GRADIVA_NAMESPACE
