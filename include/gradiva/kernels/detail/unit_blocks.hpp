#pragma once

#include <type_traits>

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/types.hpp"

// Matrices of several blocks of `units` rows, such as the gates of a recurrent cell: registers of units, with the same
// unit of all blocks in the same lane.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// A register's units in one column: `count` of them from `unit` on.
template <class Count>
struct UnitRegister {
    Index column, unit;
    Count count;
};

/// Calls `body` with each register of units, column by column: all columns go through the same code.
template <class Scalar, class Body>
void for_each_unit_register(Index units, Index columns, const Body& body) {
    for (Index j = 0; j < columns; ++j) {
        simd::for_each_register<Scalar>(units, [&](Index i, auto count) {
            body(UnitRegister<decltype(count)>{j, i, count});
        });
    }
}

/// The blocks of a matrix; `T` is const for a read-only one.
template <class T>
class UnitBlocks {
public:
    using V = simd::Lanes<std::remove_const_t<T>>;

    template <class Ref>
    UnitBlocks(Ref& m, Index units) : data_(m.data()), stride_(m.outerStride()), units_(units) {}

    template <class Count>
    V operator()(Index block, const UnitRegister<Count>& at) const {
        return simd::load_some(address(block, at), at.count);
    }
    template <class Count>
    void set(Index block, const UnitRegister<Count>& at, const V& x) const {
        simd::store_some(x, address(block, at), at.count);
    }

private:
    template <class Count>
    T* address(Index block, const UnitRegister<Count>& at) const {
        return data_ + at.column * stride_ + block * units_ + at.unit;
    }

    T* data_;
    Index stride_, units_;
};

template <class Scalar>
UnitBlocks<const Scalar> unit_blocks(const ConstMatrixRef<Scalar>& m, Index units) {
    return {m, units};
}
template <class Scalar>
UnitBlocks<Scalar> unit_blocks(MatrixRef<Scalar>& m, Index units) {
    return {m, units};
}

}  // namespace GRADIVA_NAMESPACE::kernels::detail
