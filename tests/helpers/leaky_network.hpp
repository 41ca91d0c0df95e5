// A small network with memory, written as plain loops: h' = tanh(W x + U h + b), y = V h' + c.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/nn/recurrent_module.hpp"
#include "gradiva/policy/network_for.hpp"

namespace gradiva_test {

using gradiva::Index;

/// Description of a `LeakyNetwork`.
struct Leaky {
    Index units = 3;
};

template <class ScalarT>
class LeakyNetwork {
public:
    using Scalar = ScalarT;
    static constexpr bool column_by_column = true;

    struct Tape {
        gradiva::ConstMatrixMap<Scalar> x{nullptr, 0, 0};
        gradiva::Sequences<Scalar> sequences;
        gradiva::MatrixBuffer<Scalar> before, after, y, d_before, d_after;
    };

    LeakyNetwork(Index inputs, Index outputs, const Leaky& description, gradiva::Rng rng, double output_gain)
        : inputs_(inputs), outputs_(outputs), units_(description.units) {
        parameters_.resize(units_ * (inputs_ + units_ + 1) + outputs_ * (units_ + 1));
        for (Scalar& p : parameters_) p = static_cast<Scalar>(rng.uniform(-0.7, 0.7));
        for (Scalar* p = output(); p != parameters_.end(); ++p) *p *= static_cast<Scalar>(output_gain);
    }

    Index inputs() const { return inputs_; }
    Index outputs() const { return outputs_; }
    Index state_size() const { return units_; }
    std::span<Scalar> parameters() { return parameters_.span(); }
    std::span<const Scalar> parameters() const { return parameters_.span(); }
    void append_parameters(Index count) { parameters_.resize(parameters_.size() + count); }

    gradiva::ConstMatrixMap<Scalar> forward(const gradiva::ConstMatrixRef<Scalar>& x,
                                            const gradiva::Sequences<Scalar>& sequences, Tape& tape) const {
        if (!sequences.fits(x.cols(), units_)) std::abort();
        gradiva::rebind(tape.x, gradiva::ConstMatrixMap<Scalar>(x.data(), x.rows(), x.cols()));
        gradiva::rebind(tape.sequences.state, sequences.state);
        tape.sequences.width = sequences.width;
        tape.sequences.begins = sequences.begins;
        tape.before.resize(units_, x.cols());
        tape.after.resize(units_, x.cols());
        tape.y.resize(outputs_, x.cols());
        for_each_column(tape, [&](Index j, Index previous) {
            for (Index u = 0; u < units_; ++u) {
                tape.before(u, j) = sequences.begins[gradiva::to_size(j)] != 0 ? Scalar(0)
                                    : previous < 0                             ? sequences.state(u, j)
                                                                               : tape.after(u, previous);
            }
            for (Index u = 0; u < units_; ++u) {
                Scalar sum = bias(u);
                for (Index i = 0; i < inputs_; ++i) sum += w(u, i) * x(i, j);
                for (Index k = 0; k < units_; ++k) sum += recurrent(u, k) * tape.before(k, j);
                tape.after(u, j) = std::tanh(sum);
            }
            for (Index o = 0; o < outputs_; ++o) {
                Scalar sum = output()[o * (units_ + 1) + units_];
                for (Index u = 0; u < units_; ++u) sum += output()[o * (units_ + 1) + u] * tape.after(u, j);
                tape.y(o, j) = sum;
            }
        });
        return std::as_const(tape.y).matrix();
    }

    gradiva::ConstMatrixMap<Scalar> state_after(const Tape& tape, Index t) const {
        const gradiva::Range step = tape.sequences.step(t);
        return tape.after.columns(step);
    }

    void backward(Tape& tape, const gradiva::ConstMatrixRef<Scalar>& dy, std::span<Scalar> gradient) const {
        tape.d_after.resize(units_, dy.cols());
        tape.d_after.matrix().setZero();
        Scalar* const d_hidden = gradient.data();
        Scalar* const d_output = gradient.data() + units_ * (inputs_ + units_ + 1);
        const Index row = inputs_ + units_ + 1;
        std::vector<std::pair<Index, Index>> order;
        for_each_column(tape, [&](Index j, Index previous) { order.push_back({j, previous}); });
        for (auto at = order.rbegin(); at != order.rend(); ++at) {
            const auto [j, previous] = *at;
            for (Index o = 0; o < outputs_; ++o) {
                d_output[o * (units_ + 1) + units_] += dy(o, j);
                for (Index u = 0; u < units_; ++u) {
                    d_output[o * (units_ + 1) + u] += dy(o, j) * tape.after(u, j);
                    tape.d_after(u, j) += dy(o, j) * output()[o * (units_ + 1) + u];
                }
            }
            const bool begins = tape.sequences.begins[gradiva::to_size(j)] != 0;
            for (Index u = 0; u < units_; ++u) {
                const Scalar d = tape.d_after(u, j) * (1 - tape.after(u, j) * tape.after(u, j));
                for (Index i = 0; i < inputs_; ++i) d_hidden[u * row + i] += d * tape.x(i, j);
                for (Index k = 0; k < units_; ++k) {
                    d_hidden[u * row + inputs_ + k] += d * tape.before(k, j);
                    if (previous >= 0 && !begins) tape.d_after(k, previous) += d * recurrent(u, k);
                }
                d_hidden[u * row + inputs_ + units_] += d;
            }
        }
    }

private:
    /// Calls `body(column, the same sequence's column one step before, or -1)`.
    template <class Body>
    static void for_each_column(const Tape& tape, const Body& body) {
        for (Index t = 0; t < tape.sequences.steps(); ++t) {
            const gradiva::Range step = tape.sequences.step(t);
            for (Index j = step.begin; j < step.end; ++j) {
                body(j, t == 0 ? -1 : tape.sequences.offset(t - 1) + j - step.begin);
            }
        }
    }

    Scalar w(Index u, Index i) const { return parameters_[u * (inputs_ + units_ + 1) + i]; }
    Scalar recurrent(Index u, Index k) const { return parameters_[u * (inputs_ + units_ + 1) + inputs_ + k]; }
    Scalar bias(Index u) const { return parameters_[u * (inputs_ + units_ + 1) + inputs_ + units_]; }
    Scalar* output() { return parameters_.data() + units_ * (inputs_ + units_ + 1); }
    const Scalar* output() const { return parameters_.data() + units_ * (inputs_ + units_ + 1); }

    Index inputs_, outputs_, units_;
    gradiva::Buffer<Scalar> parameters_;
};

}  // namespace gradiva_test

template <class Scalar>
struct gradiva::NetworkFor<gradiva_test::Leaky, Scalar> {
    using Type = gradiva_test::LeakyNetwork<Scalar>;
};
