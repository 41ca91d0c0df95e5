#pragma once

#include <type_traits>

#include "gradiva/core/namespace.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What is a number by itself, where an option has a name.
template <class T>
concept Positional = std::is_arithmetic_v<T>;

}  // namespace GRADIVA_NAMESPACE::detail
