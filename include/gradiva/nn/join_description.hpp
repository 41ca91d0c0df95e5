#pragma once

#include <concepts>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "gradiva/core/index.hpp"
#include "gradiva/nn/convolution_description.hpp"
#include "gradiva/nn/mlp_description.hpp"
#include "gradiva/nn/observation_shape.hpp"

namespace GRADIVA_NAMESPACE {

struct NetworkPart;

/// Description of several networks, each over its own rows of the observation, whose outputs stand side by side as the
/// inputs of dense layers. Such as an image of 10 x 10 x 4 in rows 0 to 399 and four numbers in further rows:
///   Join{.networks = {Convolution{.shape = {10, 10, 4}, .layers = {{16, 3}}, .inputs = Range{0, 400}},
///                     Mlp{.hidden = {32}, .inputs = Range{400, 404}}}}
/// The networks have no output layer: what stands side by side are the activations of their last hidden layers, or
/// where one has none, as `Mlp{.hidden = {}}`, its inputs.
struct Join {
    std::vector<NetworkPart> networks;         ///< at least two: Mlp, Convolution or Join
    std::vector<Index> hidden = {64};          ///< units of each dense layer behind them; none: only the output layer
    Activation activation = Activation::tanh;  ///< after every hidden dense layer
    bool layer_norm = false;                   ///< normalise the units of these layers before their activation
    std::optional<Range> inputs = {};  ///< rows of the observation, of which those of `networks` count; default all
};

namespace detail {

/// Whether `D` might be meant as a network that is part of another, and is none of those.
template <class D>
concept OtherDescription = std::is_class_v<D> && !std::is_base_of_v<NetworkPart, D> && !std::convertible_to<D, Mlp> &&
                           !std::convertible_to<D, Convolution> && !std::convertible_to<D, Join> &&
                           !std::input_or_output_iterator<D> && !requires(const D& d) {
    d.begin();
};

}  // namespace detail

/// The description of a network that is part of another: of a `Join`, or the trunk of a `SharedTrunk`. What describes
/// one converts to it.
struct NetworkPart {
    NetworkPart(Mlp mlp) : description(std::move(mlp)) {}
    NetworkPart(Convolution convolution) : description(std::move(convolution)) {}
    NetworkPart(Join join) : description(std::move(join)) {}

    /// Only says what a part may be.
    template <detail::OtherDescription D>
    NetworkPart(const D&) {
        static_assert(
            !detail::OtherDescription<D>,
            "gradiva: a network of a Join, and the trunk of a SharedTrunk, is described by Mlp, Convolution or "
            "Join; one of your own stands alone");
    }

    std::variant<Mlp, Convolution, Join> description;
};

/// The same where networks without a shape, which read all of the observation, have the observation's (see
/// `observation_shape.hpp`).
inline Join with_observation_shape(Join join, const std::vector<Index>& shape);
inline NetworkPart with_observation_shape(NetworkPart part, const std::vector<Index>& shape) {
    std::visit([&](auto& description) { description = with_observation_shape(std::move(description), shape); },
               part.description);
    return part;
}
inline Join with_observation_shape(Join join, const std::vector<Index>& shape) {
    if (!reads_all_of(join.inputs, shape)) return join;
    for (NetworkPart& part : join.networks) part = with_observation_shape(std::move(part), shape);
    return join;
}

}  // namespace GRADIVA_NAMESPACE
