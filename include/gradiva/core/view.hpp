#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include <Eigen/Core>

#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE {

/// How the numbers of the library's maps and views lie in memory. Types of its own: what Eigen makes of a map has the
/// stride's type in its name, and with it the target, so that objects built for different targets share none of it.
struct Contiguous : Eigen::Stride<0, 0> {};
/// Contiguous columns, `stride` numbers apart.
struct ColumnStride : Eigen::OuterStride<> {
    explicit ColumnStride(Index stride) : Eigen::OuterStride<>(stride) {}
};
/// Numbers of one row, `stride` numbers apart.
struct ElementStride : Eigen::InnerStride<> {
    explicit ElementStride(Index stride) : Eigen::InnerStride<>(stride) {}
};

namespace detail {

/// The address of an array of no numbers: never read nor written, but the address of a row may be computed from it,
/// which is undefined for a null pointer.
alignas(64) inline std::byte no_numbers[64];

/// `data`, or the address of an array of no numbers where it is null.
template <class T>
T* not_null(T* data) {
    return data != nullptr ? data : reinterpret_cast<T*>(no_numbers);
}

/// Whether a column-major matrix, or a vector, can be seen in numbers of this kind where they lie.
template <class Derived, class Plain, class Stride>
inline constexpr bool lies_like = [] {
    if (!std::same_as<typename Derived::Scalar, typename Plain::Scalar>) return false;
    if (!(Derived::Flags & Eigen::DirectAccessBit)) return false;
    const bool contiguous = Derived::InnerStrideAtCompileTime == 1;
    if (Plain::IsVectorAtCompileTime) {
        return Derived::IsVectorAtCompileTime && (contiguous || Stride::InnerStrideAtCompileTime == Eigen::Dynamic);
    }
    return contiguous && (Derived::RowsAtCompileTime == 1 || !(Derived::Flags & Eigen::RowMajorBit));
}();

/// What a view can be made of while it is a constant: to be written, a map or a block, not a matrix.
template <class Derived, class Plain, class Stride>
concept SeenInPlace = lies_like<Derived, Plain, Stride> &&
    (std::is_const_v<Plain> ||
     ((Derived::Flags & Eigen::LvalueBit) != 0 && !std::derived_from<Derived, Eigen::PlainObjectBase<Derived>>));

template <class Derived, class Plain, class Stride>
concept MatrixSeenInPlace = lies_like<Derived, Plain, Stride>;

/// What a view that only reads makes a copy of.
template <class Derived, class Plain, class Stride>
concept SeenInCopy = std::is_const_v<Plain> && std::same_as<typename Derived::Scalar, typename Plain::Scalar> &&
    !lies_like<Derived, Plain, Stride>;

/// Storage for the value of an expression that is not evaluated yet, such as a sum of matrices. Only for views that
/// read.
template <class Plain>
struct ExpressionStorage {
    static constexpr bool copied = false;
};

template <class Plain>
struct ExpressionStorage<const Plain> {
    ExpressionStorage() = default;
    template <class Expression>
    explicit ExpressionStorage(const Expression& expression) : numbers(expression), copied(true) {}
    /// For a copy of a view, which refers to the same numbers.
    ExpressionStorage(const ExpressionStorage& other) : copied(other.copied) {}

    Plain numbers;
    bool copied = false;
};

}  // namespace detail

/// Numbers that lie elsewhere, as a parameter of a function: an `Eigen::Ref` of which compilers make less. Any matrix,
/// map or block that lies in the same order binds to it without a copy. To a view that only reads anything of Eigen
/// binds: what lies in another order, or is an expression, is copied.
template <class Plain, class Stride>
class View : private detail::ExpressionStorage<Plain>, public Eigen::Map<Plain, Eigen::Unaligned, Stride> {
    using Numbers = detail::ExpressionStorage<Plain>;
    using Base = Eigen::Map<Plain, Eigen::Unaligned, Stride>;
    using Pointer = typename Base::PointerType;

public:
    template <detail::SeenInPlace<Plain, Stride> Derived>
    View(const Eigen::DenseBase<Derived>& m) : Base(map(m.derived(), const_cast<Pointer>(m.derived().data()))) {}

    template <detail::MatrixSeenInPlace<Plain, Stride> Derived>
    View(Eigen::PlainObjectBase<Derived>& m) : Base(map(m, m.data())) {}

    template <detail::SeenInCopy<Plain, Stride> Derived>
    View(const Eigen::DenseBase<Derived>& m)
        : Numbers(m.derived()), Base(map(Numbers::numbers, Numbers::numbers.data())) {}

    /// The same numbers.
    View(const View& other) : Numbers(static_cast<const Numbers&>(other)), Base(other) {}

    /// Writes the other's numbers.
    View& operator=(const View& other) {
        Base::operator=(other);
        return *this;
    }
    using Base::operator=;

    /// Whether the numbers are a copy that lasts only as long as the view that made it.
    bool is_copy() const { return Numbers::copied; }

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
