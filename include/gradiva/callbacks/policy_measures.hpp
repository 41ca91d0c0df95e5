#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <variant>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/env/spaces.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// What a `Doctor` measures on samples of a rollout. A number that does not apply is NaN.
struct PolicyMeasures {
    static constexpr double none = std::numeric_limits<double>::quiet_NaN();

    double dead_units = none;            ///< share of an `Mlp` actor's hidden units that vary by less than 1e-4
    double actions_at_bounds = none;     ///< share of real actions with bounds that lie at one of them or beyond
    double observation_extreme = none;   ///< largest factor between 1 and an element's root mean square
    double observation_constant = none;  ///< number of elements that are equal in all samples
    double policy_information = none;    ///< mean KL(pi(. | s) || policy of the mean head); NaN with masks
};

namespace detail {

/// Measures a policy on up to 128 samples of a rollout, evenly spread, with storage of its own.
template <class A>
class PolicyProbe {
public:
    using Scalar = typename A::Scalar;
    static constexpr Index probe_samples = 128;

    PolicyMeasures operator()(const Rollout<Scalar>& rollout, const A& actor) {
        PolicyMeasures measures;
        gather(rollout);
        if (count_ < 2) return measures;
        measure_observations(rollout, measures);
        if (rollout.mask_size == 0) measures.policy_information = information(rollout, actor);
        if constexpr (requires { actor.spaces()->action; }) {
            if (actor.spaces() != nullptr) measures.actions_at_bounds = at_bounds(rollout, actor);
        }
        if constexpr (requires {
                          tape_.network.output.back();
                          actor.forward(observation_.matrix(), tape_);
                      }) {
            measures.dead_units = dead(actor);
        }
        return measures;
    }

private:
    void gather(const Rollout<Scalar>& rollout) {
        const Index all = rollout.horizon * rollout.environments, wanted = std::min(all, probe_samples);
        columns_.resize(wanted);
        count_ = 0;
        for (Index k = 0; k < wanted; ++k) {
            const Index column = k * all / wanted;
            if (rollout.holds(column / rollout.environments, column % rollout.environments))
                columns_[count_++] = column;
        }
    }

    void measure_observations(const Rollout<Scalar>& rollout, PolicyMeasures& measures) {
        observation_.resize(rollout.observation_size, count_);
        for (Index k = 0; k < count_; ++k) {
            const std::span<const float> from = rollout.observation.column(columns_[k]);
            std::transform(from.begin(), from.end(), observation_.column(k).begin(),
                           [](float x) { return static_cast<Scalar>(x); });
        }
        measures.observation_constant = measures.observation_extreme = 0;
        const auto observation = observation_.matrix();
        for (Index i = 0; i < rollout.observation_size; ++i) {
            double squares = 0;
            bool varies = false;
            for (Index k = 0; k < count_; ++k) {
                const double x = static_cast<double>(observation(i, k));
                squares += x * x;
                varies = varies || observation(i, k) != observation(i, 0);
            }
            const double scale = std::sqrt(squares / static_cast<double>(count_));
            if (!varies) measures.observation_constant += 1;
            if (varies) measures.observation_extreme = std::max({measures.observation_extreme, scale, 1 / scale});
        }
    }

    double information(const Rollout<Scalar>& rollout, const A& actor) {
        head_.resize(rollout.head_size, count_);
        mean_.resize(rollout.head_size, count_);
        kl_.resize(count_);
        auto head = head_.matrix(), mean = mean_.matrix();
        for (Index i = 0; i < rollout.head_size; ++i) {
            double sum = 0;
            for (Index k = 0; k < count_; ++k) {
                head(i, k) = rollout.head.column(columns_[k])[static_cast<std::size_t>(i)];
                sum += static_cast<double>(head(i, k));
            }
            for (Index k = 0; k < count_; ++k) mean(i, k) = static_cast<Scalar>(sum / static_cast<double>(count_));
        }
        actor.recall(head_.matrix(), rollout.own_parameters.span(), from_);
        actor.recall(mean_.matrix(), rollout.own_parameters.span(), tape_.distribution);
        actor.kl_from(from_, tape_, kl_.vector());
        double sum = 0;
        for (Index k = 0; k < count_; ++k) sum += static_cast<double>(kl_[k]);
        return sum / static_cast<double>(count_);
    }

    double at_bounds(const Rollout<Scalar>& rollout, const A& actor) {
        const Box* box = std::get_if<Box>(&actor.spaces()->action);
        if (const auto* hybrid = std::get_if<HybridSpace>(&actor.spaces()->action)) box = &hybrid->box;
        if (box == nullptr || (box->low.empty() && box->high.empty())) return PolicyMeasures::none;
        stored_.resize(rollout.action_shape, count_);
        for (Index k = 0; k < count_; ++k) stored_.copy_column(k, rollout.action, columns_[k]);
        if constexpr (requires { actor.to_environment(stored_.all(), stored_.all()); }) {
            sent_.resize(rollout.action_shape, count_);
            actor.to_environment(std::as_const(stored_).all(), sent_.all());
        } else {
            std::swap(stored_, sent_);
        }
        const ConstActionView sent = std::as_const(sent_).all();
        Index at = 0;
        for (Index k = 0; k < count_; ++k) {
            for (Index i = 0; i < sent.reals.rows(); ++i) {
                const float low = box->low_of(i), high = box->high_of(i), x = sent.reals(i, k);
                const float near = std::isfinite(high - low) ? 1e-3F * (high - low) : 0;
                at += x <= low + near || x >= high - near ? 1 : 0;
            }
        }
        return static_cast<double>(at) / static_cast<double>(count_ * std::max<Index>(1, sent.reals.rows()));
    }

    double dead(const A& actor) {
        actor.forward(observation_.matrix(), tape_);
        Index units = 0, dead = 0;
        for (std::size_t l = 0; l + 1 < tape_.network.output.size(); ++l) {
            const auto output = std::as_const(tape_.network.output[l]).matrix();
            for (Index i = 0; i < output.rows(); ++i) {
                const auto row = output.row(i);
                ++units;
                dead += row.maxCoeff() - row.minCoeff() < Scalar(1e-4) ? 1 : 0;
            }
        }
        return units > 0 ? static_cast<double>(dead) / static_cast<double>(units) : PolicyMeasures::none;
    }

    Index count_ = 0;
    Buffer<Index> columns_;
    MatrixBuffer<Scalar> observation_, head_, mean_;
    Buffer<Scalar> kl_;
    ActionBatch stored_, sent_;
    typename A::DistributionTape from_;
    typename A::Tape tape_;
};

}  // namespace detail

}  // namespace GRADIVA_NAMESPACE
