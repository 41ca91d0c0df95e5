#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/nn/sequences.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The states of neighbouring environments, which a part with memory carries from one step to the next; zero where an
/// episode begins. Without rows for a part without memory.
template <class Scalar>
class CarriedStates {
public:
    CarriedStates(Index state_size, Range environments)
        : environments_(environments), states_(state_size, environments.size()), begins_(environments.size()),
          width_(1) {}

    /// One step of the environments `range`: each is a sequence of its own. Valid until the next call.
    Sequences<Scalar> one_step(Range range) {
        width_[0] = range.size();
        return {width_.span(), begins_.span().first(to_size(range.size())), of(range)};
    }

    /// Takes the states after a step.
    void take(Range range, const ConstMatrixMap<Scalar>& after) { states_.columns(own(range)) = after; }
    /// An episode begins.
    void clear(Range range) { states_.clear_columns(own(range)); }

    ConstMatrixMap<Scalar> of(Range range) const { return states_.columns(own(range)); }
    std::span<Scalar> of(Index n) { return states_.column(n - environments_.begin); }
    Index size() const { return states_.rows(); }

private:
    Range own(Range r) const { return {r.begin - environments_.begin, r.end - environments_.begin}; }

    Range environments_;
    MatrixBuffer<Scalar> states_;  // S x environments
    Buffer<std::uint8_t> begins_;  // zeros
    Buffer<Index> width_;
};

}  // namespace GRADIVA_NAMESPACE::detail
