#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <span>
#include <type_traits>

namespace GRADIVA_NAMESPACE {

/// Whether two spans have the same length and equal numbers, of which NaN is equal to none.
template <class T>
bool equal_numbers(std::span<const T> a, std::type_identity_t<std::span<const T>> b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace GRADIVA_NAMESPACE
