#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "gradiva/core/state.hpp"
#include "gradiva/nn/convolution_layers.hpp"
#include "gradiva/nn/join_description.hpp"
#include "gradiva/nn/join_layers.hpp"
#include "gradiva/nn/mlp_layers.hpp"

namespace GRADIVA_NAMESPACE {

/// Packed weights of `AnyLayers`.
template <class Scalar>
struct AnyPackedWeights {
    std::variant<typename MlpLayers<Scalar>::PackedWeights, typename ConvolutionLayers<Scalar>::PackedWeights,
                 typename JoinLayers<Scalar>::PackedWeights>
        chosen;
};

/// What a forward pass of `AnyLayers` stores.
template <class Scalar>
struct AnyTape {
    std::variant<typename MlpLayers<Scalar>::Tape, typename ConvolutionLayers<Scalar>::Tape,
                 typename JoinLayers<Scalar>::Tape>
        chosen;
    bool single_use = false;
    const AnyPackedWeights<Scalar>* packed = nullptr;

    void use_once() { single_use = true; }
    void use_packed(const AnyPackedWeights<Scalar>& weights) { packed = &weights; }
};

/// Layers whose kind is chosen when the program runs: where a network is part of another, and in saved policies. See
/// `MlpLayers` for the members.
template <class ScalarT>
class AnyLayers {
public:
    using Scalar = ScalarT;
    using Tape = AnyTape<Scalar>;
    using PackedWeights = AnyPackedWeights<Scalar>;

    static constexpr bool column_by_column = true;

    AnyLayers(Index inputs, Index outputs, const NetworkPart& part) : chosen_(layers_of(inputs, outputs, part)) {}
    AnyLayers(MlpLayers<Scalar> layers) : chosen_(std::move(layers)) {}
    AnyLayers(ConvolutionLayers<Scalar> layers) : chosen_(std::move(layers)) {}
    AnyLayers(JoinLayers<Scalar> layers) : chosen_(std::move(layers)) {}

    Index inputs() const {
        return visit([](const auto& layers) { return layers.inputs(); });
    }
    Index outputs() const {
        return visit([](const auto& layers) { return layers.outputs(); });
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
                                   Tape& tape) const {
        return visit([&](const auto& layers) {
            using Layers = std::remove_cvref_t<decltype(layers)>;
            auto& own = chosen<typename Layers::Tape>(tape.chosen);
            if (tape.single_use) own.use_once();
            if (tape.packed) own.use_packed(std::get<typename Layers::PackedWeights>(tape.packed->chosen));
            return layers.forward(parameters, x, own);
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
    using Chosen = std::variant<MlpLayers<Scalar>, ConvolutionLayers<Scalar>, JoinLayers<Scalar>>;

    static Chosen layers_of(Index inputs, Index outputs, const NetworkPart& part) {
        return std::visit(
            [&](const auto& description) -> Chosen {
                using Described = std::remove_cvref_t<decltype(description)>;
                if constexpr (std::is_same_v<Described, Join>) {
                    return JoinLayers<Scalar>(inputs, outputs, description);
                } else if constexpr (std::is_same_v<Described, Convolution>) {
                    return ConvolutionLayers<Scalar>(inputs, outputs, description);
                } else {
                    return MlpLayers<Scalar>(inputs, outputs, description);
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
