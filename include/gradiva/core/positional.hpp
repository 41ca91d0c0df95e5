#pragma once

#include <type_traits>

#include "gradiva/core/namespace.hpp"

namespace GRADIVA_NAMESPACE {

/// A plain number given where an options struct is expected, such as train(1000) for train({.steps = 1000}): overloads
/// for it exist only to explain the mistake.
template <class T>
concept Positional = std::is_arithmetic_v<T>;

}  // namespace GRADIVA_NAMESPACE
