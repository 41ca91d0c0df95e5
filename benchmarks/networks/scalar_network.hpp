// The network as plain loops over single numbers: what the library's passes are compared with.
#pragma once

#include <array>
#include <cmath>
#include <gradiva/gradiva.hpp>

namespace networks {

using gradiva::Index;

/// A multilayer perceptron of three layers, with parameters as in `gradiva::MlpNetwork`.
class ScalarNetwork {
public:
    ScalarNetwork(std::array<Index, 4> sizes, gradiva::Activation activation, std::span<const float> parameters)
        : sizes_(sizes), relu_(activation == gradiva::Activation::relu),
          parameters_(parameters.begin(), parameters.end()) {}

    const gradiva::Matrix<float>& forward(const gradiva::Matrix<float>& x) {
        a_[0] = x;
        for (std::size_t l = 0; l < 3; ++l) {
            a_[l + 1].resize(sizes_[l + 1], x.cols());
            for (Index j = 0; j < x.cols(); ++j) {
                for (Index i = 0; i < sizes_[l + 1]; ++i) a_[l + 1](i, j) = unit(l, i, j);
            }
        }
        return a_[3];
    }

    /// dL/dparameters is added to `gradient`.
    void backward(const gradiva::Matrix<float>& dy, std::span<float> gradient) {
        dz_[2] = dy;
        for (std::size_t l = 2;; --l) {
            add_gradient(l, gradient);
            if (l == 0) return;
            dz_[l - 1].resize(sizes_[l], dy.cols());
            for (Index j = 0; j < dy.cols(); ++j) {
                for (Index k = 0; k < sizes_[l]; ++k) dz_[l - 1](k, j) = derivative(l, k, j);
            }
        }
    }

private:
    Index rows(std::size_t l) const { return sizes_[l + 1]; }
    Index columns(std::size_t l) const { return sizes_[l]; }

    /// Where layer l's weights start; its biases follow them.
    std::size_t start(std::size_t l) const {
        Index at = 0;
        for (std::size_t i = 0; i < l; ++i) at += rows(i) * (columns(i) + 1);
        return static_cast<std::size_t>(at);
    }

    /// Weight (i, k) of layer l, column-major; the biases are the column after the last.
    std::size_t at(std::size_t l, Index i, Index k) const {
        return start(l) + static_cast<std::size_t>(i + k * rows(l));
    }

    float unit(std::size_t l, Index i, Index j) const {
        float sum = parameters_[at(l, i, columns(l))];
        for (Index k = 0; k < columns(l); ++k) sum += parameters_[at(l, i, k)] * a_[l](k, j);
        if (l == 2) return sum;
        return relu_ ? std::max(sum, 0.0F) : std::tanh(sum);
    }

    /// The derivative of the loss by what layer l's input k was before its activation.
    float derivative(std::size_t l, Index k, Index j) const {
        float sum = 0;
        for (Index i = 0; i < rows(l); ++i) sum += parameters_[at(l, i, k)] * dz_[l](i, j);
        const float a = a_[l](k, j);
        return relu_ ? (a > 0 ? sum : 0) : sum * (1 - a * a);
    }

    void add_gradient(std::size_t l, std::span<float> gradient) const {
        for (Index j = 0; j < dz_[l].cols(); ++j) {
            for (Index i = 0; i < rows(l); ++i) gradient[at(l, i, columns(l))] += dz_[l](i, j);
            for (Index k = 0; k < columns(l); ++k) {
                for (Index i = 0; i < rows(l); ++i) gradient[at(l, i, k)] += dz_[l](i, j) * a_[l](k, j);
            }
        }
    }

    std::array<Index, 4> sizes_;
    bool relu_;
    std::vector<float> parameters_;
    gradiva::Matrix<float> a_[4];   // input, hidden layers, output
    gradiva::Matrix<float> dz_[3];  // of each layer, before its activation
};

}  // namespace networks
