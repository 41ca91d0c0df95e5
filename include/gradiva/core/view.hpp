#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include <Eigen/Core>

#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE {

/// Stride of a view without gaps between its columns. The strides are types of the library, not Eigen's own: the name
/// of the stride, and with it of the target (namespace.hpp), is part of the symbols that Eigen instantiates for a map,
/// so that object files built for different targets share none of them.
struct Contiguous : Eigen::Stride<0, 0> {};
/// Stride of a view whose columns are contiguous and begin `stride` elements apart.
struct ColumnStride : Eigen::OuterStride<> {
    explicit ColumnStride(Index stride) : Eigen::OuterStride<>(stride) {}
};
/// Stride of a row vector whose elements are `stride` elements apart, such as a row of a column-major matrix.
struct ElementStride : Eigen::InnerStride<> {
    explicit ElementStride(Index stride) : Eigen::InnerStride<>(stride) {}
};

namespace detail {

/// Address for views of empty arrays, never read nor written: pointer arithmetic on a null pointer would be undefined.
alignas(64) inline std::byte empty_array[64];

/// `data`, or the address of an empty array where it is null.
template <class T>
T* not_null(T* data) {
    return data != nullptr ? data : reinterpret_cast<T*>(empty_array);
}

/// Whether the scalar type and the memory layout of `Derived` let a view of `Plain` refer to its elements directly.
template <class Derived, class Plain, class Stride>
inline constexpr bool has_layout_of = [] {
    if (!std::same_as<typename Derived::Scalar, typename Plain::Scalar>) return false;
    if (!(Derived::Flags & Eigen::DirectAccessBit)) return false;
    const bool contiguous = Derived::InnerStrideAtCompileTime == 1;
    if (Plain::IsVectorAtCompileTime) {
        return Derived::IsVectorAtCompileTime && (contiguous || Stride::InnerStrideAtCompileTime == Eigen::Dynamic);
    }
    return contiguous && (Derived::RowsAtCompileTime == 1 || !(Derived::Flags & Eigen::RowMajorBit));
}();

/// Whether a constant argument binds to the view without a copy. A view that writes takes a constant map or block,
/// whose elements are not constant, but no constant matrix.
template <class Derived, class Plain, class Stride>
concept BindsInPlace = has_layout_of<Derived, Plain, Stride> &&
    (std::is_const_v<Plain> ||
     ((Derived::Flags & Eigen::LvalueBit) != 0 && !std::derived_from<Derived, Eigen::PlainObjectBase<Derived>>));

template <class Derived, class Plain, class Stride>
concept MatrixBindsInPlace = has_layout_of<Derived, Plain, Stride>;

/// What a read-only view evaluates into its own storage.
template <class Derived, class Plain, class Stride>
concept NeedsStorage = std::is_const_v<Plain> && std::same_as<typename Derived::Scalar, typename Plain::Scalar> &&
    !has_layout_of<Derived, Plain, Stride>;

/// Storage for the value of an unevaluated expression, such as a sum of matrices. Empty for views that write.
template <class Plain>
struct ExpressionStorage {
    static constexpr bool copied = false;
};

template <class Plain>
struct ExpressionStorage<const Plain> {
    ExpressionStorage() = default;
    template <class Expression>
    explicit ExpressionStorage(const Expression& expression) : value(expression), copied(true) {}
    /// For a copy of a view: it refers to the storage of the original.
    ExpressionStorage(const ExpressionStorage& other) : copied(other.copied) {}

    Plain value;
    bool copied = false;
};

}  // namespace detail

/// A non-owning view of a matrix or vector, as a function parameter: an `Eigen::Ref` that costs less code and compile
/// time. `Plain` is the matrix or vector type, const for a read-only view. Any matrix, map or block of the same scalar
/// type and storage order, with contiguous columns, binds without a copy. To a read-only view every Eigen object of the
/// scalar type binds: one of another layout, or an unevaluated expression, is evaluated into storage within the view.
/// See the aliases in types.hpp.
template <class Plain, class Stride>
class View : private detail::ExpressionStorage<Plain>, public Eigen::Map<Plain, Eigen::Unaligned, Stride> {
    using Storage = detail::ExpressionStorage<Plain>;
    using Base = Eigen::Map<Plain, Eigen::Unaligned, Stride>;
    using Pointer = typename Base::PointerType;

public:
    template <detail::BindsInPlace<Plain, Stride> Derived>
    View(const Eigen::DenseBase<Derived>& m) : Base(map(m.derived(), const_cast<Pointer>(m.derived().data()))) {}

    template <detail::MatrixBindsInPlace<Plain, Stride> Derived>
    View(Eigen::PlainObjectBase<Derived>& m) : Base(map(m, m.data())) {}

    template <detail::NeedsStorage<Plain, Stride> Derived>
    View(const Eigen::DenseBase<Derived>& m) : Storage(m.derived()), Base(map(Storage::value, Storage::value.data())) {}

    /// Refers to the same elements; where these are stored in `other` (`is_copy`), only as long as `other` lives.
    View(const View& other) : Storage(static_cast<const Storage&>(other)), Base(other) {}

    /// Copies the elements of `other`, of the same size, into those that this view refers to.
    View& operator=(const View& other) {
        Base::operator=(other);
        return *this;
    }
    using Base::operator=;

    /// Whether the elements are in the storage of a view that evaluated an expression; they are valid only while that
    /// view lives.
    bool is_copy() const { return Storage::copied; }

private:
    template <class M>
    static Base map(const M& m, Pointer data) {
        data = detail::not_null(data);
        if constexpr (!Plain::IsVectorAtCompileTime) {
            return Base(data, m.rows(), m.cols(), Stride(M::ColsAtCompileTime == 1 ? m.rows() : m.colStride()));
        } else if constexpr (Stride::InnerStrideAtCompileTime == Eigen::Dynamic) {
            return Base(data, m.size(), Stride(m.innerStride()));
        } else {
            return Base(data, m.size());
        }
    }
};

}  // namespace GRADIVA_NAMESPACE
