#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "gradiva/core/state_piece.hpp"
#include "gradiva/core/type_name.hpp"

namespace GRADIVA_NAMESPACE {

template <class T>
class Buffer;
template <class T>
class MatrixBuffer;

}  // namespace GRADIVA_NAMESPACE

// What a `State` makes of the types of members.

namespace GRADIVA_NAMESPACE::detail {

template <class T>
concept StateNumber = (std::is_arithmetic_v<T> && !std::same_as<T, long double>) || std::is_enum_v<T>;

template <class T>
consteval Dtype state_dtype() {
    if constexpr (std::is_enum_v<T>) {
        return dtype_of<std::underlying_type_t<T>>();
    } else {
        return dtype_of<T>();
    }
}

template <class T>
std::string enumerator_at(const void* data) {
    return enumerator_name(*static_cast<const T*>(data));
}

template <class T>
using ElementOf = std::remove_reference_t<decltype(*std::declval<T&>().data())>;

template <class T>
concept NumberMatrix = requires(T& m) {
    { m.rows() } -> std::convertible_to<Index>;
    { m.cols() } -> std::convertible_to<Index>;
    requires StateNumber<std::remove_const_t<ElementOf<T>>>;
};

template <class T>
concept NumberArray = requires(T& a) {
    { a.size() } -> std::convertible_to<std::size_t>;
    requires StateNumber<std::remove_const_t<ElementOf<T>>>;
};

/// Whether the number of elements can change: not in views, and not where it is part of the type.
template <class T>
inline constexpr bool is_resizable = std::default_initializable<T> &&
                                     (
                                         requires(T & a) { a.resize(0); } || requires(T & a) { a.resize(0, 0); });
template <class T>
requires requires { T::SizeAtCompileTime; }
inline constexpr bool is_resizable<T> = std::default_initializable<T> && T::SizeAtCompileTime < 0;

template <class T>
inline constexpr bool is_span = false;
template <class T, std::size_t size>
inline constexpr bool is_span<std::span<T, size>> = !std::is_const_v<T>;

/// Of a forwarding reference: an lvalue of what is not const, or a span.
template <class T>
inline constexpr bool can_be_restored = is_span<std::remove_cvref_t<T>> ||
                                        (std::is_lvalue_reference_v<T> && !std::is_const_v<std::remove_reference_t<T>>);

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool stays_in_place = false;
template <class T>
inline constexpr bool stays_in_place<Buffer<T>> = true;
template <class T>
inline constexpr bool stays_in_place<MatrixBuffer<T>> = true;

/// A sequence of objects.
template <class T>
concept Elements = requires(T& a) {
    a.size();
    { a[0] } -> std::same_as<typename T::value_type&>;
};

template <class Member>
struct MemberOf;
template <class Member, class Class>
struct MemberOf<Member Class::*> {
    using Type = Class;
};

/// Whether a derived class may hold a member and be no larger: the base class ends with padding.
template <class Base>
inline constexpr bool ends_with_padding = false;
template <class Base>
requires(std::is_class_v<Base> && !std::is_final_v<Base>) inline constexpr bool ends_with_padding<Base> = [] {
    struct WithOneByte : Base {
        char byte;
    };
    return sizeof(WithOneByte) == sizeof(Base);
}();

/// Changes a container's size, where it is another one, and returns its data.
template <class T>
void* resize_container(void* object, Index rows, Index columns) {
    T& container = *static_cast<T*>(object);
    if constexpr (NumberMatrix<T>) {
        if (container.rows() != rows || container.cols() != columns) container.resize(rows, columns);
    } else if (static_cast<Index>(container.size()) != columns) {
        container.resize(static_cast<decltype(container.size())>(columns));
    }
    return container.data();
}

}  // namespace GRADIVA_NAMESPACE::detail
