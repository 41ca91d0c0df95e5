#pragma once

#include <cstdint>
#include <span>

#include "gradiva/core/buffer.hpp"
#include "gradiva/nn/sequences.hpp"

namespace GRADIVA_NAMESPACE {

/// The states that a policy with memory carries from one step of some neighbouring environments to the next, zero at
/// first. Without rows for a policy without memory.
template <class Scalar>
class CarriedStates {
public:
    /// Of `state_size` numbers for each of the environments.
    CarriedStates(Index state_size, Range environments)
        : environments_(environments), states_(state_size, environments.size()), begins_(environments.size()),
          width_(1) {}

    /// One step of the environments `range`: each is a sequence of its own. Valid until the next call.
    Sequences<Scalar> one_step(Range range) {
        width_[0] = range.size();
        return {width_.span(), begins_.span().first(to_size(range.size())), of(range)};
    }

    /// Takes the states after a step (state_size x environments of `range`).
    void take(Range range, const ConstMatrixMap<Scalar>& after) { states_.columns(own(range)) = after; }
    /// Sets the states of environments in which an episode begins to zero.
    void clear(Range range) { states_.clear_columns(own(range)); }

    /// The states of some environments, or of one.
    ConstMatrixMap<Scalar> of(Range range) const { return states_.columns(own(range)); }
    std::span<Scalar> of(Index n) { return states_.column(n - environments_.begin); }

private:
    Range own(Range r) const { return {r.begin - environments_.begin, r.end - environments_.begin}; }

    Range environments_;
    MatrixBuffer<Scalar> states_;  // S x environments
    Buffer<std::uint8_t> begins_;  // zeros
    Buffer<Index> width_;
};

}  // namespace GRADIVA_NAMESPACE
