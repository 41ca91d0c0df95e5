#pragma once

#include "gradiva/core/namespace.hpp"

#include <type_traits>

#include "gradiva/core/index.hpp"
#include "gradiva/env/env.hpp"
#include "gradiva/env/vector_env.hpp"

// Where environments come from: copies of a prototype, or a factory.

namespace GRADIVA_NAMESPACE {

/// Makes the i-th environment, for those that cannot be copied or that differ.
template <class F>
concept EnvFactory = !detail::HasReset<F> && std::is_invocable_v<F&, Index>;

/// The environment of a prototype, or what a factory makes.
template <class Source>
struct EnvMadeBy {
    using Type = Source;
};
template <EnvFactory Source>
struct EnvMadeBy<Source> {
    using Type = std::remove_cvref_t<std::invoke_result_t<Source&, Index>>;
};

namespace detail {

/// What `Env` says of the type; first, that a factory takes an index, where that was meant.
template <class E>
consteval bool explain_prototype() {
    if constexpr (VectorEnv<E>) {
        static_assert(!VectorEnv<E>,
                      "gradiva: these environments are a VectorEnv already; Vectorized takes one environment, or a "
                      "factory of them");
        return false;
    } else if constexpr (!HasReset<E> && std::is_invocable_v<E&>) {
        static_assert(
            !std::is_invocable_v<E&>,
            "gradiva: a factory of environments takes the number of the one that it makes: [](Index) { return "
            "MyEnv{}; }");
        return false;
    } else {
        return explain_env<E>();
    }
}

}  // namespace detail
}  // namespace GRADIVA_NAMESPACE
