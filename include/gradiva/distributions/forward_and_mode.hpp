#pragma once

#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/own_member.hpp"
#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE {

/// Whether a distribution itself has the optional member `forward_and_mode(head, own, tape, actions)`, which writes the
/// actions that `forward` and then `mode` write, where they are found faster without the tape. Nothing need stand in
/// the tape then. A class that inherits it is not asked for it: it may have a `mode` of its own.
template <class D>
concept HasForwardAndMode = requires(const D& d, ConstMatrixRef<typename D::Scalar> head,
                                     std::span<const typename D::Scalar> own, typename D::Tape& tape,
                                     ActionView actions) {
    d.forward_and_mode(head, own, tape, actions);
    requires is_own_member<D, &D::forward_and_mode>;
};

/// The most probable actions of a batch of heads. Nothing need stand in the tape then.
template <class D>
void forward_and_mode(const D& d, const ConstMatrixRef<typename D::Scalar>& head,
                      std::span<const typename D::Scalar> own, typename D::Tape& tape, const ActionView& actions) {
    if constexpr (HasForwardAndMode<D>) {
        d.forward_and_mode(head, own, tape, actions);
    } else {
        d.forward(head, own, tape);
        d.mode(tape, actions);
    }
}

}  // namespace GRADIVA_NAMESPACE
