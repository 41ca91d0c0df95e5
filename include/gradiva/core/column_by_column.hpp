#pragma once

#include <concepts>
#include <type_traits>

#include "gradiva/core/namespace.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// A member `column_by_column`, whatever its form; see `acts_column_by_column`.
template <class T>
concept MentionsColumnByColumn = requires {
    &T::column_by_column;
};

/// The member as it should be: static constexpr bool.
template <class T>
concept SaysColumnByColumn = requires {
    requires std::same_as<decltype(T::column_by_column), const bool>;
    typename std::bool_constant<T::column_by_column>;
};

}  // namespace GRADIVA_NAMESPACE::detail
