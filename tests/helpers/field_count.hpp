// How many fields an aggregate has: with it a table can demand a row for each.
#pragma once

#include <cstddef>
#include <utility>

namespace gradiva_test {

namespace field_count_detail {

/// Converts to the type of any field.
struct AnyField {
    template <class T>
    operator T() const;
};

template <class T, std::size_t... i>
constexpr bool takes(std::index_sequence<i...>) {
    return requires { T{(static_cast<void>(i), AnyField{})...}; };
}

}  // namespace field_count_detail

/// The most values that initialise a `T`. A new field with no default counts too.
template <class T, std::size_t n = 32>
constexpr std::size_t field_count() {
    static_assert(!field_count_detail::takes<T>(std::make_index_sequence<33>()), "more fields than are looked for");
    if constexpr (n == 0 || field_count_detail::takes<T>(std::make_index_sequence<n>())) {
        return n;
    } else {
        return field_count<T, n - 1>();
    }
}

}  // namespace gradiva_test
