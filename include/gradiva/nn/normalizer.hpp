#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/moments.hpp"

namespace GRADIVA_NAMESPACE {

/// Standardises each element of its input by running moments, to mean 0 and standard deviation 1:
///   y_i = clamp((x_i - mean_i) / sqrt(variance_i + 1e-8), -10, 10).
/// The moments, in double, are those of all inputs merged so far; before the first, y = clamp(x). An element that has
/// never changed has variance 0: it gives 0, and 10 or -10 once it differs by 1e-3 or more. NaN gives NaN.
/// With `channels` C, below the size, elements i, i + C, i + 2 C, ... share their moments, as the pixels of an image
/// do. Source: Engstrom et al., "Implementation Matters in Deep Policy Gradients", 2020, section 3.
template <class Scalar>
class Normalizer {
public:
    static constexpr double limit = 10;
    static constexpr double least_variance = 1e-8;

    explicit Normalizer(Index size) : Normalizer(size, size) {}
    /// `channels` divides `size`.
    Normalizer(Index size, Index channels) : moments_(to_size(channels)), mean_(size), scale_(size, 1.0) {
        GRADIVA_ASSERT(size % std::max<Index>(channels, 1) == 0);
    }

    Index size() const { return mean_.size(); }
    /// The running moments of each channel; without channels, of each element.
    const std::vector<kernels::Moments>& moments() const { return moments_; }

    /// Adds further inputs to the running moments: `moments[i]` are those of their element i.
    void merge(std::span<const kernels::Moments> moments) {
        GRADIVA_ASSERT(static_cast<Index>(moments.size()) == size());
        const std::size_t channels = moments_.size();
        for (std::size_t i = 0; i < moments.size(); ++i) moments_[i % channels] += moments[i];
        for (std::size_t i = 0; i < moments.size(); ++i) {
            const kernels::Moments& total = moments_[i % channels];
            if (total.count == 0) continue;
            mean_[static_cast<Index>(i)] = total.mean;
            scale_[static_cast<Index>(i)] = 1 / std::sqrt(total.population_variance() + least_variance);
        }
    }

    /// Sets what inputs are standardised by, one mean and one scale per element, as another normaliser has them. The
    /// moments stay without inputs: a further `merge` forgets what was set.
    void set(std::span<const double> mean, std::span<const double> scale) {
        GRADIVA_ASSERT(static_cast<Index>(mean.size()) == size() && mean.size() == scale.size());
        std::copy(mean.begin(), mean.end(), mean_.begin());
        std::copy(scale.begin(), scale.end(), scale_.begin());
    }

    /// Writes Y of a batch X, both size x batch.
    void forward(ConstMatrixRef<Scalar> x, MatrixRef<Scalar> y) const {
        for (Index j = 0; j < x.cols(); ++j) {
            for (Index i = 0; i < x.rows(); ++i) {
                const double z = (static_cast<double>(x(i, j)) - mean_[i]) * scale_[i];
                y(i, j) = static_cast<Scalar>(z < -limit ? -limit : z > limit ? limit : z);
            }
        }
    }

    /// D := dL/dX, in place of dL/dY; y is the output of `forward`. 0 where y was clamped.
    void backward(ConstMatrixRef<Scalar> y, MatrixRef<Scalar> d) const {
        for (Index j = 0; j < y.cols(); ++j) {
            for (Index i = 0; i < y.rows(); ++i) {
                const bool clamped = std::abs(static_cast<double>(y(i, j))) >= limit;
                d(i, j) = clamped ? Scalar(0) : static_cast<Scalar>(scale_[i]) * d(i, j);
            }
        }
    }

    void visit_state(State& state) {
        state.each("moments", static_cast<Index>(moments_.size()),
                   [&](Index i) { moments_[static_cast<std::size_t>(i)].visit_state(state); });
        state("mean", mean_.span());
        state("scale", scale_.span());
    }

private:
    std::vector<kernels::Moments> moments_;
    Buffer<double> mean_;
    Buffer<double> scale_;
};

}  // namespace GRADIVA_NAMESPACE
