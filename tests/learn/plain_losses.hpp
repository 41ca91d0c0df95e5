// Networks and losses of a rollout, written out one sample at a time in double.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "gradiva/rollout/rollout.hpp"

namespace gradiva_test {

using gradiva::Index;

/// A multilayer perceptron with tanh between its layers; flat weights W_1 (column-major), b_1, W_2, ...
inline std::vector<double> plain_mlp(std::span<const double> weights, const std::vector<std::size_t>& widths,
                                     std::vector<double> x) {
    std::size_t at = 0;
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
        const std::size_t inputs = widths[l], outputs = widths[l + 1];
        std::vector<double> y(outputs);
        for (std::size_t i = 0; i < outputs; ++i) {
            double sum = weights[at + inputs * outputs + i];
            for (std::size_t j = 0; j < inputs; ++j) sum += weights[at + j * outputs + i] * x[j];
            y[i] = l + 2 < widths.size() ? std::tanh(sum) : sum;
        }
        at += outputs * (inputs + 1);
        x = y;
    }
    return x;
}

inline std::vector<double> plain_log_softmax(std::vector<double> z) {
    const double largest = *std::max_element(z.begin(), z.end());
    double sum = 0;
    for (const double x : z) sum += std::exp(x - largest);
    for (double& x : z) x -= largest + std::log(sum);
    return z;
}

/// What the losses are made of, for one sample.
struct PlainSample {
    double log_prob = 0, ratio = 0, entropy = 0, kl = 0, advantage = 0, value = 0, value_target = 0, old_value = 0;
};

template <class Scalar>
std::vector<double> plain_column(const gradiva::MatrixBuffer<Scalar>& matrix, Index column) {
    return {matrix.column(column).begin(), matrix.column(column).end()};
}

/// All samples of a rollout under these weights; `widths` are those of the actor, the critic's but for the last.
template <class Scalar>
std::vector<PlainSample> plain_samples(const gradiva::Rollout<Scalar>& rollout, std::span<const double> actor,
                                       std::span<const double> critic, std::vector<std::size_t> widths) {
    std::vector<PlainSample> samples;
    for (Index t = 0; t < rollout.horizon; ++t) {
        for (Index n = 0; n < rollout.environments; ++n) {
            if (t >= rollout.length[n]) continue;
            const Index column = t * rollout.environments + n;
            const auto observation = plain_column(rollout.observation, column);
            const auto log_p = plain_log_softmax(plain_mlp(actor, widths, observation));
            const auto log_old = plain_log_softmax(plain_column(rollout.head, column));
            PlainSample s;
            s.log_prob = log_p[static_cast<std::size_t>(rollout.action.all().integers(0, column))];
            s.ratio = std::exp(s.log_prob - static_cast<double>(rollout.log_prob(n, t)));
            for (std::size_t i = 0; i < log_p.size(); ++i) {
                s.entropy -= std::exp(log_p[i]) * log_p[i];
                s.kl += std::exp(log_old[i]) * (log_old[i] - log_p[i]);
            }
            s.advantage = static_cast<double>(rollout.advantage(n, t));
            s.value_target = static_cast<double>(rollout.value_target(n, t));
            s.old_value = static_cast<double>(rollout.value(n, t));
            auto critic_widths = widths;
            critic_widths.back() = 1;
            if (!critic.empty()) s.value = plain_mlp(critic, critic_widths, observation)[0];
            samples.push_back(s);
        }
    }
    return samples;
}

/// The mean over samples of what `term` says of each.
template <class F>
double mean_of(const std::vector<PlainSample>& samples, const F& term) {
    double sum = 0;
    for (const PlainSample& s : samples) sum += term(s);
    return sum / static_cast<double>(samples.size());
}

}  // namespace gradiva_test
