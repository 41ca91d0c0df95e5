#pragma once

#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/nn/gru.hpp"
#include "gradiva/nn/lstm.hpp"
#include "gradiva/nn/recurrent_description.hpp"
#include "gradiva/nn/sequences.hpp"

namespace GRADIVA_NAMESPACE {

/// Packed weights of `AnyRecurrentLayers`.
template <class Scalar>
struct AnyRecurrentPackedWeights {
    std::variant<typename GruLayers<Scalar>::PackedWeights, typename LstmLayers<Scalar>::PackedWeights> chosen;
};

/// What a forward pass of `AnyRecurrentLayers` stores.
template <class Scalar>
struct AnyRecurrentTape {
    std::variant<typename GruLayers<Scalar>::Tape, typename LstmLayers<Scalar>::Tape> chosen;
    bool single_use = false;
    const AnyRecurrentPackedWeights<Scalar>* packed = nullptr;

    void use_once() { single_use = true; }
    void use_packed(const AnyRecurrentPackedWeights<Scalar>& weights) { packed = &weights; }
};

/// Layers with a memory, whose cell is chosen when the program runs: where they are part of another network, and in saved
/// policies. See `RecurrentLayers` for the members.
template <class ScalarT>
class AnyRecurrentLayers {
public:
    using Scalar = ScalarT;
    using Tape = AnyRecurrentTape<Scalar>;
    using PackedWeights = AnyRecurrentPackedWeights<Scalar>;

    static constexpr bool column_by_column = true;

    AnyRecurrentLayers(Index inputs, Index outputs, const RecurrentPart& part)
        : chosen_(layers_of(inputs, outputs, part)) {}
    AnyRecurrentLayers(GruLayers<Scalar> layers) : chosen_(std::move(layers)) {}
    AnyRecurrentLayers(LstmLayers<Scalar> layers) : chosen_(std::move(layers)) {}

    Index inputs() const {
        return visit([](const auto& layers) { return layers.inputs(); });
    }
    Index outputs() const {
        return visit([](const auto& layers) { return layers.outputs(); });
    }
    Index state_size() const {
        return visit([](const auto& layers) { return layers.state_size(); });
    }
    Index parameter_count() const {
        return visit([](const auto& layers) { return layers.parameter_count(); });
    }
    std::string parameter_name(Index i) const {
        return visit([i](const auto& layers) { return layers.parameter_name(i); });
    }
    void initialise(std::span<Scalar> parameters, Rng& rng, double output_gain) const {
        visit([&](const auto& layers) { layers.initialise(parameters, rng, output_gain); });
    }
    void pack(std::span<const Scalar> parameters, PackedWeights& packed) const {
        visit([&](const auto& layers) {
            using Packed = typename std::remove_cvref_t<decltype(layers)>::PackedWeights;
            layers.pack(parameters, chosen<Packed>(packed.chosen));
        });
    }

    ConstMatrixMap<Scalar> forward(std::span<const Scalar> parameters, const ConstMatrixRef<Scalar>& x,
                                   const Sequences<Scalar>& sequences, Tape& tape) const {
        return visit([&](const auto& layers) {
            using Layers = std::remove_cvref_t<decltype(layers)>;
            auto& own = chosen<typename Layers::Tape>(tape.chosen);
            if (tape.single_use) own.use_once();
            if (tape.packed) own.use_packed(std::get<typename Layers::PackedWeights>(tape.packed->chosen));
            return layers.forward(parameters, x, sequences, own);
        });
    }
    ConstMatrixMap<Scalar> state_after(const Tape& tape, Index t) const {
        return visit([&](const auto& layers) {
            using Layers = std::remove_cvref_t<decltype(layers)>;
            return layers.state_after(std::get<typename Layers::Tape>(tape.chosen), t);
        });
    }
    void backward(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixRef<Scalar>& dy,
                  std::span<Scalar> gradient) const {
        visit([&](const auto& layers) { layers.backward(parameters, tape_of(layers, tape), dy, gradient); });
    }
    void backward(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixRef<Scalar>& dy,
                  std::span<Scalar> gradient, MatrixRef<Scalar> dx) const {
        visit([&](const auto& layers) { layers.backward(parameters, tape_of(layers, tape), dy, gradient, dx); });
    }
    ConstMatrixMap<Scalar> jvp(std::span<const Scalar> parameters, Tape& tape, std::span<const Scalar> v) const {
        return visit([&](const auto& layers) { return layers.jvp(parameters, tape_of(layers, tape), v); });
    }

    bool normalizes() const {
        return visit([](const auto& layers) { return layers.normalizes(); });
    }
    void merge_observations(std::span<const kernels::Moments> rows) {
        std::visit([&](auto& layers) { layers.merge_observations(rows); }, chosen_);
    }

    void visit_state(State& state) {
        std::visit([&](auto& layers) { layers.visit_state(state); }, chosen_);
    }

private:
    using Chosen = std::variant<GruLayers<Scalar>, LstmLayers<Scalar>>;

    static Chosen layers_of(Index inputs, Index outputs, const RecurrentPart& part) {
        return std::visit(
            [&](const auto& description) -> Chosen {
                if constexpr (std::is_same_v<std::remove_cvref_t<decltype(description)>, Gru>) {
                    return GruLayers<Scalar>(inputs, outputs, description);
                } else {
                    return LstmLayers<Scalar>(inputs, outputs, description);
                }
            },
            part.description);
    }

    template <class Use>
    decltype(auto) visit(const Use& use) const {
        return std::visit(use, chosen_);
    }

    /// The alternative `T`, made where another one is held.
    template <class T, class Variant>
    static T& chosen(Variant& variant) {
        if (!std::holds_alternative<T>(variant)) return variant.template emplace<T>();
        return std::get<T>(variant);
    }

    template <class Layers>
    static typename Layers::Tape& tape_of(const Layers&, Tape& tape) {
        return std::get<typename Layers::Tape>(tape.chosen);
    }

    Chosen chosen_;
};

}  // namespace GRADIVA_NAMESPACE
