#pragma once

#include "gradiva/core/namespace.hpp"

#include <concepts>

namespace GRADIVA_NAMESPACE {

namespace detail {

template <class C, class R, class... Args>
C class_of(R (C::*)(Args...) const);

}  // namespace detail

/// Whether a constant member function, given as `&C::name`, is declared by C itself, and not inherited. A class that is
/// derived from C may replace what a shortcut of C stands for: the shortcut is then not taken.
template <class C, auto member>
inline constexpr bool is_own_member = std::same_as<decltype(detail::class_of(member)), C>;

}  // namespace GRADIVA_NAMESPACE
