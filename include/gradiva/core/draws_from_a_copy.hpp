#pragma once

#include <concepts>

#include "gradiva/core/rng.hpp"

namespace GRADIVA_NAMESPACE::detail {

template <class... Parameters>
inline constexpr bool any_rng_copied = ((std::same_as<Parameters, Rng> || std::same_as<Parameters, const Rng&>) || ...);

/// Whether a function or member function of this type takes its `Rng` by value, or as a constant that it can only copy.
/// What it draws is then drawn again by the next call. False for all other types.
template <class F>
inline constexpr bool draws_from_a_copy = false;
template <class R, class... P>
inline constexpr bool draws_from_a_copy<R (*)(P...)> = any_rng_copied<P...>;
template <class R, class... P>
inline constexpr bool draws_from_a_copy<R (*)(P...) noexcept> = any_rng_copied<P...>;
template <class R, class C, class... P>
inline constexpr bool draws_from_a_copy<R (C::*)(P...)> = any_rng_copied<P...>;
template <class R, class C, class... P>
inline constexpr bool draws_from_a_copy<R (C::*)(P...) const> = any_rng_copied<P...>;
template <class R, class C, class... P>
inline constexpr bool draws_from_a_copy<R (C::*)(P...) noexcept> = any_rng_copied<P...>;
template <class R, class C, class... P>
inline constexpr bool draws_from_a_copy<R (C::*)(P...) const noexcept> = any_rng_copied<P...>;

}  // namespace GRADIVA_NAMESPACE::detail
