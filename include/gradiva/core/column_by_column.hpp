#pragma once

#include <concepts>
#include <type_traits>

#include "gradiva/core/namespace.hpp"

namespace GRADIVA_NAMESPACE {

/// Has a member named `column_by_column`, of any type; see `acts_column_by_column`.
template <class T>
concept MentionsColumnByColumn = requires {
    &T::column_by_column;
};

/// Has the member in its right form: static constexpr bool.
template <class T>
concept SaysColumnByColumn = requires {
    requires std::same_as<decltype(T::column_by_column), const bool>;
    typename std::bool_constant<T::column_by_column>;
};

}  // namespace GRADIVA_NAMESPACE
