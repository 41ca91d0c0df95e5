#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/detail/module_passes.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/nn/module.hpp"
#include "gradiva/nn/packed_weights.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Columns of the batches that are timed: those of a shard of training.
inline constexpr Index timed_columns = 128;

/// Forward and backward passes of one module, to be timed.
template <Module M>
class TimedPasses {
public:
    using Scalar = typename M::Scalar;

    TimedPasses(const M& module, Rng& rng)
        : module_(module), x_(normal_matrix<Scalar>(module.inputs(), timed_columns, rng)),
          dy_(normal_matrix<Scalar>(module.outputs(), timed_columns, rng)), gradient_(module.parameters().size()) {
        use_once(tape_);
    }

    /// Seconds of one forward and one backward pass, the mean over `count` of them.
    double seconds(Index count) {
        const auto start = std::chrono::steady_clock::now();
        for (Index i = 0; i < count; ++i) {
            module_.forward(x_, tape_);
            module_.backward(tape_, dy_, std::span<Scalar>(gradient_));
        }
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        return taken.count() / static_cast<double>(count);
    }

private:
    const M& module_;
    Matrix<Scalar> x_, dy_;
    std::vector<Scalar> gradient_;
    typename M::Tape tape_;
};

/// An `Mlp` of two equal hidden layers and about as many parameters.
template <class Scalar>
MlpNetwork<Scalar> mlp_of_size(Index inputs, Index outputs, Index parameters) {
    const double linear = static_cast<double>(inputs + outputs + 2), rest = static_cast<double>(parameters - outputs);
    const double units = (std::sqrt(linear * linear + 4 * std::max(rest, 0.0)) - linear) / 2;
    const auto width = std::max<Index>(1, static_cast<Index>(units + 0.5));
    return MlpNetwork<Scalar>(inputs, outputs, {.hidden = {width, width}}, Rng());
}

/// The time of the module's passes relative to those of an `Mlp` of as many parameters: the shortest of alternating
/// measurements of each, which take some milliseconds.
template <Module M>
double relative_cost(const M& module, Rng& rng) {
    const auto mlp = mlp_of_size<typename M::Scalar>(module.inputs(), module.outputs(),
                                                     static_cast<Index>(module.parameters().size()));
    TimedPasses<M> own(module, rng);
    TimedPasses<MlpNetwork<typename M::Scalar>> other(mlp, rng);
    const auto count_for = [](double seconds) {
        return std::clamp<Index>(static_cast<Index>(2e-4 / std::max(seconds, 1e-9)), 1, 1000);
    };
    const Index own_count = count_for(own.seconds(1)), other_count = count_for(other.seconds(1));
    double own_least = std::numeric_limits<double>::infinity(), other_least = own_least;
    for (int i = 0; i < 5; ++i) {
        own_least = std::min(own_least, own.seconds(own_count));
        other_least = std::min(other_least, other.seconds(other_count));
    }
    return own_least / std::max(other_least, 1e-9);
}

}  // namespace GRADIVA_NAMESPACE::detail
