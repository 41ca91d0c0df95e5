#pragma once

#include "gradiva/core/namespace.hpp"

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "gradiva/core/index.hpp"
#include "gradiva/kernels/activation_functions.hpp"

namespace GRADIVA_NAMESPACE {

/// Description of a network with memory: dense layers, a gated recurrent unit (see `kernels::GruCell`), dense layers
/// and an output layer. The numbers of inputs and outputs follow from where it is used.
struct Gru {
    std::vector<Index> before = {};            ///< units of each dense layer before the memory, each at least 1
    Index units = 64;                          ///< of the memory, at least 1: its state has as many numbers
    std::vector<Index> after = {64};           ///< units of each hidden dense layer behind it, each at least 1
    Activation activation = Activation::tanh;  ///< after every dense layer but the output layer, which is linear
    bool layer_norm = false;                   ///< normalise the units of these dense layers before their activation
    bool normalize_observations = false;       ///< normalise inputs by their running moments (see `Normalizer`)
    std::optional<Range> inputs = {};          ///< rows of the observation that it reads; without a value, all
};

/// The same with a long short-term memory (see `kernels::LstmCell`), whose state has two numbers for each unit.
struct Lstm {
    std::vector<Index> before = {};            ///< units of each dense layer before the memory, each at least 1
    Index units = 64;                          ///< of the memory, at least 1
    std::vector<Index> after = {64};           ///< units of each hidden dense layer behind it, each at least 1
    Activation activation = Activation::tanh;  ///< after every dense layer but the output layer, which is linear
    bool layer_norm = false;                   ///< normalise the units of these dense layers before their activation
    bool normalize_observations = false;       ///< normalise inputs by their running moments (see `Normalizer`)
    std::optional<Range> inputs = {};          ///< rows of the observation that it reads; without a value, all
};

struct RecurrentPart;

namespace detail {

/// Whether `D` might be meant as a network with memory that is part of another, and is none of those.
template <class D>
concept OtherThanRecurrent = std::is_class_v<D> && !std::is_base_of_v<RecurrentPart, D> &&
                             !std::convertible_to<D, Gru> && !std::convertible_to<D, Lstm>;

}  // namespace detail

/// The description of a network with memory that is part of another: the trunk of a `RecurrentTrunk`. `Gru` and `Lstm`
/// convert to it.
struct RecurrentPart {
    RecurrentPart(Gru gru) : description(std::move(gru)) {}
    RecurrentPart(Lstm lstm) : description(std::move(lstm)) {}

    /// Only says what a part may be.
    template <detail::OtherThanRecurrent D>
    RecurrentPart(const D&) {
        static_assert(!detail::OtherThanRecurrent<D>,
                      "gradiva: the trunk of a RecurrentTrunk is described by Gru or Lstm; a trunk without memory is "
                      "that of a SharedTrunk, and a network of one's own stands alone");
    }

    std::variant<Gru, Lstm> description;
};

}  // namespace GRADIVA_NAMESPACE
