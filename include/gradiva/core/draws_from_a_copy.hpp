#pragma once

#include <concepts>

#include "gradiva/core/rng.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

template <class... Parameters>
inline constexpr bool any_rng_copied = ((std::same_as<Parameters, Rng> || std::same_as<Parameters, const Rng&>) || ...);

}  // namespace detail

/// Whether a function or member function of type F takes an `Rng` by value or by const reference, so that it can only
/// draw from a copy: the next call would draw the same numbers again. False for all other types.
template <class F>
inline constexpr bool draws_from_a_copy = false;
template <class R, class... P>
inline constexpr bool draws_from_a_copy<R (*)(P...)> = detail::any_rng_copied<P...>;
template <class R, class... P>
inline constexpr bool draws_from_a_copy<R (*)(P...) noexcept> = detail::any_rng_copied<P...>;
template <class R, class C, class... P>
inline constexpr bool draws_from_a_copy<R (C::*)(P...)> = detail::any_rng_copied<P...>;
template <class R, class C, class... P>
inline constexpr bool draws_from_a_copy<R (C::*)(P...) const> = detail::any_rng_copied<P...>;
template <class R, class C, class... P>
inline constexpr bool draws_from_a_copy<R (C::*)(P...) noexcept> = detail::any_rng_copied<P...>;
template <class R, class C, class... P>
inline constexpr bool draws_from_a_copy<R (C::*)(P...) const noexcept> = detail::any_rng_copied<P...>;

}  // namespace GRADIVA_NAMESPACE
