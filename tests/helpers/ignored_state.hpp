// A network without memory that takes sequences all the same.
#pragma once

#include <span>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/nn/recurrent_module.hpp"
#include "gradiva/policy/network_for.hpp"

namespace gradiva_test {

using gradiva::Index;

/// Description of the network of `network` as a `RecurrentModule`.
template <class Description>
struct IgnoresState {
    Description network;
};

/// Its state is one number, which it ignores: 7 after each step.
template <class NetworkT>
class NetworkIgnoringState {
public:
    using Scalar = typename NetworkT::Scalar;
    using PackedWeights = typename NetworkT::PackedWeights;
    static constexpr bool column_by_column = true;

    struct Tape {
        typename NetworkT::Tape network;
        gradiva::MatrixBuffer<Scalar> state;
        std::span<const Index> width;

        void use_once() { network.use_once(); }
        void use_packed(const PackedWeights& packed) { network.use_packed(packed); }
    };

    template <class Description>
    NetworkIgnoringState(Index inputs, Index outputs, const IgnoresState<Description>& description, gradiva::Rng rng,
                         double output_gain)
        : network_(inputs, outputs, description.network, rng, output_gain) {}

    Index inputs() const { return network_.inputs(); }
    Index outputs() const { return network_.outputs(); }
    Index state_size() const { return 1; }
    std::span<Scalar> parameters() { return network_.parameters(); }
    std::span<const Scalar> parameters() const { return network_.parameters(); }
    void append_parameters(Index count) { network_.append_parameters(count); }
    void pack(PackedWeights& packed) const { network_.pack(packed); }

    gradiva::ConstMatrixMap<Scalar> forward(const gradiva::ConstMatrixRef<Scalar>& x,
                                            const gradiva::Sequences<Scalar>& sequences, Tape& tape) const {
        if (!sequences.fits(x.cols(), 1)) std::abort();
        tape.width = sequences.width;
        tape.state.resize(1, x.cols());
        tape.state.matrix().setConstant(Scalar(7));
        return network_.forward(x, tape.network);
    }
    gradiva::ConstMatrixMap<Scalar> state_after(const Tape& tape, Index t) const {
        return std::as_const(tape.state).columns({0, tape.width[gradiva::to_size(t)]});
    }
    void backward(Tape& tape, const gradiva::ConstMatrixRef<Scalar>& dy, std::span<Scalar> gradient) const {
        network_.backward(tape.network, dy, gradient);
    }
    void backward(Tape& tape, const gradiva::ConstMatrixRef<Scalar>& dy, std::span<Scalar> gradient,
                  gradiva::MatrixRef<Scalar> dx) const {
        network_.backward(tape.network, dy, gradient, dx);
    }

    bool normalizes() const { return network_.normalizes(); }
    void merge_observations(std::span<const gradiva::kernels::Moments> rows) { network_.merge_observations(rows); }
    void visit_state(gradiva::State& state) { state("network", network_); }

private:
    NetworkT network_;
};

}  // namespace gradiva_test

template <class Described, class Scalar>
struct gradiva::NetworkFor<gradiva_test::IgnoresState<Described>, Scalar> {
    using Type = gradiva_test::NetworkIgnoringState<typename gradiva::NetworkFor<Described, Scalar>::Type>;
};
