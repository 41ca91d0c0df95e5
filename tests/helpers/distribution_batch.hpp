// A distribution over a batch, and what finite differences say of its gradients.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/distributions/distribution.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/largest.hpp"
#include "helpers/random.hpp"

namespace gradiva_test {

inline std::vector<gradiva::Rng> action_streams(gradiva::Index count, std::uint64_t seed) {
    std::vector<gradiva::Rng> rng;
    for (gradiva::Index j = 0; j < count; ++j) {
        rng.emplace_back(seed, gradiva::Purpose::action, static_cast<std::uint64_t>(j));
    }
    return rng;
}

/// Heads and own parameters from [-1, 1), and sampled actions.
template <class D>
struct DistributionBatch {
    using Scalar = typename D::Scalar;

    DistributionBatch(D d, gradiva::Index width, std::uint64_t seed)
        : distribution(std::move(d)), actions(distribution.action_shape(), width) {
        gradiva::Rng rng(seed);
        head = random_matrix<Scalar>(distribution.head_size(), width, rng);
        own = random_vector<Scalar>(distribution.parameter_count(), rng);
        forward();
        sample(seed);
    }

    void forward() { distribution.forward(head, own_span(), tape); }
    void sample(std::uint64_t seed) {
        std::vector<gradiva::Rng> rng = action_streams(head.cols(), seed);
        distribution.sample(tape, rng, actions.all());
    }
    gradiva::Vector<Scalar> log_prob() const {
        gradiva::Vector<Scalar> out(head.cols());
        distribution.log_prob(tape, actions.all(), out);
        return out;
    }
    gradiva::Vector<Scalar> entropy() const {
        gradiva::Vector<Scalar> out(head.cols());
        distribution.entropy(tape, out);
        return out;
    }
    gradiva::Vector<Scalar> kl_from(const DistributionBatch& from) const {
        gradiva::Vector<Scalar> out(head.cols());
        distribution.kl(from.tape, tape, out);
        return out;
    }
    /// dL/dhead, column by column, then dL/down; `from` may be null.
    std::vector<Scalar> gradient(const gradiva::Vector<Scalar>& d_log_prob, Scalar d_entropy,
                                 const DistributionBatch* from, Scalar d_kl) const {
        gradiva::Matrix<Scalar> d_head = gradiva::Matrix<Scalar>::Constant(head.rows(), head.cols(), 99);
        std::vector<Scalar> d_own(static_cast<std::size_t>(own.size()), Scalar(5));  // head written, own added to
        distribution.backward(tape, actions.all(), d_log_prob, d_entropy, from ? &from->tape : nullptr, d_kl, d_head,
                              d_own);
        std::vector<Scalar> all(d_head.data(), d_head.data() + d_head.size());
        for (const Scalar d : d_own) all.push_back(d - 5);
        return all;
    }
    /// The Fisher matrix of this distribution times a direction: the head's part, then the own parameters'.
    std::vector<Scalar> fisher(const gradiva::Matrix<Scalar>& direction, const gradiva::Vector<Scalar>& own_direction) {
        gradiva::Matrix<Scalar> out = gradiva::Matrix<Scalar>::Constant(head.rows(), head.cols(), 99);
        std::vector<Scalar> product(static_cast<std::size_t>(own.size()), Scalar(0));
        distribution.fisher(tape, direction, {own_direction.data(), static_cast<std::size_t>(own.size())}, out,
                            product);
        std::vector<Scalar> all(out.data(), out.data() + out.size());
        all.insert(all.end(), product.begin(), product.end());
        return all;
    }
    std::span<Scalar> head_span() { return {head.data(), static_cast<std::size_t>(head.size())}; }
    std::span<Scalar> own_span() { return {own.data(), static_cast<std::size_t>(own.size())}; }

    D distribution;
    gradiva::Matrix<Scalar> head;
    gradiva::Vector<Scalar> own;
    gradiva::ActionBatch actions;
    typename D::Tape tape;
};

/// The weights of a loss's three parts.
struct LossParts {
    double log_prob, entropy, kl;
};

/// How far the gradient of weighted log-probs, entropies and divergences is from central differences, relative to its
/// norm; the parts one at a time and all together.
template <class D>
double gradient_error(const D& distribution, std::uint64_t seed) {
    constexpr gradiva::Index width = 5;
    const DistributionBatch<D> old(distribution, width, seed);
    gradiva::Rng rng(seed + 1);
    const gradiva::Vector<double> weights = random_vector<double>(width, rng);
    double worst = 0;
    for (const auto& parts : {LossParts{1, 0, 0}, {0, 0.7, 0}, {0, 0, 1.3}, {1, -0.7, 1.3}}) {
        DistributionBatch<D> batch(distribution, width, seed + 2);
        const gradiva::Vector<double> d_log_prob = parts.log_prob * weights;
        const auto loss = [&] {
            batch.forward();
            return d_log_prob.dot(batch.log_prob()) + parts.entropy * batch.entropy().sum() +
                   parts.kl * batch.kl_from(old).sum();
        };
        std::vector<double> expected = numeric_gradient(batch.head_span(), loss);
        for (const double d : numeric_gradient(batch.own_span(), loss)) expected.push_back(d);
        batch.forward();
        const auto* from = parts.kl != 0 ? &old : nullptr;
        worst = largest_of(worst, relative_error(batch.gradient(d_log_prob, parts.entropy, from, parts.kl), expected));
    }
    return worst;
}

/// How far the Fisher product is from central differences of the divergence's gradient, relative to its norm.
template <class D>
double fisher_error(const D& distribution, std::uint64_t seed) {
    constexpr gradiva::Index width = 5;
    constexpr double h = 1e-5;
    DistributionBatch<D> old(distribution, width, seed);
    DistributionBatch<D> batch = old;
    gradiva::Rng rng(seed + 1);
    const gradiva::Matrix<double> direction = random_matrix<double>(old.head.rows(), width, rng);
    const gradiva::Vector<double> own_direction = random_vector<double>(old.own.size(), rng);
    const auto kl_gradient = [&](double step) {
        batch.head = old.head + step * direction;
        batch.own = old.own + step * own_direction;
        batch.forward();
        return batch.gradient(gradiva::Vector<double>::Zero(width), 0, &old, 1);
    };
    std::vector<double> expected = kl_gradient(h);
    const std::vector<double> below = kl_gradient(-h);
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = (expected[i] - below[i]) / (2 * h);
    return relative_error(old.fisher(direction, own_direction), expected);
}

template <class Scalar>
bool all_finite(const std::vector<Scalar>& values) {
    return std::all_of(values.begin(), values.end(), [](Scalar v) { return std::isfinite(v); });
}

/// Whether log-probs of samples, entropies, divergences both ways, gradients and Fisher products are all finite.
template <class D>
bool stays_finite(DistributionBatch<D>& batch, DistributionBatch<D>& other) {
    using Scalar = typename D::Scalar;
    const gradiva::Vector<Scalar> ones = gradiva::Vector<Scalar>::Ones(batch.head.cols());
    const gradiva::Matrix<Scalar> direction = gradiva::Matrix<Scalar>::Ones(batch.head.rows(), batch.head.cols());
    return batch.actions.all().reals.allFinite() && batch.log_prob().allFinite() && batch.entropy().allFinite() &&
           batch.kl_from(other).allFinite() && other.kl_from(batch).allFinite() &&
           all_finite(batch.gradient(ones, 1, &other, 1)) &&
           all_finite(batch.fisher(direction, gradiva::Vector<Scalar>::Ones(batch.own.size())));
}

/// Whether a mean of values, drawn independently, lies within 4 standard errors of what is expected.
inline bool within_four_standard_errors(const gradiva::Vector<double>& values, double expected) {
    const double n = static_cast<double>(values.size());
    const double variance = (values.array() - values.mean()).square().sum() / (n - 1);
    return std::abs(values.mean() - expected) < 4 * std::sqrt(variance / n);
}

}  // namespace gradiva_test
