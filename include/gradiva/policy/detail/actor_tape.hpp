#pragma once

#include <algorithm>
#include <utility>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/softmax/log_softmax.hpp"
#include "gradiva/nn/packed_weights.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What a forward pass of an `Actor` over a batch stores: what its network and its distribution store, and the head
/// between them, which is masked here.
template <class Network, class Distribution>
struct ActorTape {
    using Scalar = typename Network::Scalar;

    typename Network::Tape network;
    typename Distribution::Tape distribution;
    ConstMatrixMap<Scalar> head{nullptr, 0, 0};  ///< head_size x batch; masked where there is a mask
    MatrixBuffer<Scalar> masked_head;
    MatrixBuffer<Scalar> d_head;  ///< dL/dhead

    /// Takes the outputs of the network; a choice that is not legal becomes `kernels::masked_logit`.
    void set_head(const ConstMatrixMap<Scalar>& outputs, const ActionMask& legal) {
        rebind(head, outputs);
        if (legal.rows() == 0) return;
        masked_head.resize(head.rows(), head.cols());
        std::copy_n(head.data(), head.size(), masked_head.data());
        kernels::mask_logits<Scalar>(legal, masked_head.matrix());
        rebind(head, std::as_const(masked_head).matrix());
    }

    void use_once() { gradiva::use_once(network); }
    void use_packed(const gradiva::PackedWeightsOf<Network>& packed) { gradiva::use_packed(network, packed); }
};

}  // namespace GRADIVA_NAMESPACE::detail
