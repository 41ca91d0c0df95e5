#pragma once

#include <type_traits>

#include "gradiva/core/language.hpp"

namespace gradiva::detail {

/// What is a number by itself, where an option has a name.
template <class T>
concept Positional = std::is_arithmetic_v<T>;

}  // namespace gradiva::detail
