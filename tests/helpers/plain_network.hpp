// A network as a user writes it at first: forward and backward with Eigen, and nothing else that a Module may have.
#pragma once

#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/contiguous.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/policy/network_for.hpp"

namespace gradiva_test {

/// Description of a `PlainNetwork`.
struct Plain {
    gradiva::Index units = 6;  ///< of the one hidden layer
};

/// Y = V tanh(W X + b). Flat parameters: W, b, V.
template <class T>
class PlainNetwork {
public:
    using Scalar = T;
    struct Tape {
        gradiva::Matrix<T> x, hidden, y, d_hidden;
    };

    PlainNetwork(gradiva::Index inputs, gradiva::Index outputs, const Plain& description, gradiva::Rng rng,
                 double output_gain = 1)
        : inputs_(inputs), outputs_(outputs), units_(description.units) {
        parameters_.resize(std::size_t((inputs + 1 + outputs) * units_));
        for (T& w : parameters_) w = T(rng.normal() / std::sqrt(double(inputs + 1)));
        for (T& w : std::span(parameters_).subspan(std::size_t((inputs + 1) * units_))) w *= T(output_gain);
    }

    gradiva::Index inputs() const { return inputs_; }
    gradiva::Index outputs() const { return outputs_; }
    std::span<T> parameters() { return parameters_; }
    std::span<const T> parameters() const { return parameters_; }
    void append_parameters(gradiva::Index n) { parameters_.resize(parameters_.size() + std::size_t(n)); }

    gradiva::ConstMatrixMap<T> forward(gradiva::ConstMatrixRef<T> x, Tape& tape) const {
        tape.x = x;
        tape.hidden.noalias() = w(parameters_.data()) * x;
        tape.hidden.colwise() += b(parameters_.data());
        tape.hidden = tape.hidden.array().tanh();
        tape.y.noalias() = v(parameters_.data()) * tape.hidden;
        return {tape.y.data(), tape.y.rows(), tape.y.cols()};
    }

    void backward(Tape& tape, gradiva::ConstMatrixRef<T> dy, std::span<T> gradient) const {
        T* const g = gradient.data();
        v(g).noalias() += dy * tape.hidden.transpose();
        tape.d_hidden.noalias() = v(parameters_.data()).transpose() * dy;
        tape.d_hidden.array() *= 1 - tape.hidden.array().square();
        w(g).noalias() += tape.d_hidden * tape.x.transpose();
        b(g) += tape.d_hidden.rowwise().sum();
    }

protected:
    // The parts of a flat span of parameters or of a gradient.
    template <class P>
    auto w(P* flat) const {
        return matrix(flat, units_, inputs_);
    }
    template <class P>
    auto b(P* flat) const {
        return matrix(flat + units_ * inputs_, units_, 1).col(0);
    }
    template <class P>
    auto v(P* flat) const {
        return matrix(flat + units_ * (inputs_ + 1), outputs_, units_);
    }

    gradiva::Index inputs_, outputs_, units_;
    std::vector<T> parameters_;

private:
    static gradiva::MatrixMap<T> matrix(T* data, gradiva::Index rows, gradiva::Index columns) {
        return {data, rows, columns};
    }
    static gradiva::ConstMatrixMap<T> matrix(const T* data, gradiva::Index rows, gradiva::Index columns) {
        return {data, rows, columns};
    }
};

}  // namespace gradiva_test

template <class T>
struct gradiva::NetworkFor<gradiva_test::Plain, T> {
    using Type = gradiva_test::PlainNetwork<T>;
};
