#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "gradiva/advantage/advantage.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/rollout/column_passes.hpp"
#include "gradiva/rollout/rollout.hpp"
#include "gradiva/train/detail/sequential_values.hpp"

namespace GRADIVA_NAMESPACE {

/// Computes `value`, `next_value` and `continues` of a rollout with the critic's current weights, and calls the
/// advantage estimator. Without a critic all values are 0. Where an environment's samples end before the rollout and
/// within an episode, the last sample is bootstrapped from the observation after it, and traces end there; the results
/// of an environment thus do not depend on the others. Absent samples have `next_value` and `continues` 0. Borrows the
/// critic and the threads.
///
/// A critic with memory goes on from one rollout to the next: give it the rollouts of one `Collector`, each at least
/// once, in their order; a rollout holds the states of one such critic.
template <class C>
class Estimator {
    static_assert(!has_critic<C> || !Behaviour<C>, "gradiva: Estimator values states by a critic; this is an actor");

public:
    Estimator(const C& critic, Threads& threads) : critic_(critic), threads_(threads), sequential_(critic) {}

    /// Writes `value`, `next_value` and `continues`, then calls `advantage(rollout)`, which writes `advantage` and
    /// `value_target`.
    template <class Scalar, Advantage A>
    void operator()(Rollout<Scalar>& rollout, const A& advantage) {
        find_values(rollout);
        finish(rollout, advantage);
    }

    // The same in parts, to spread it over time: `begin`, `step` until it returns false, `finish`.

    template <class Scalar>
    void begin(Rollout<Scalar>& rollout) {
        rollout.clear_absent();
        final_value_.reserve(rollout.final_sample.capacity());
        pass_ = 0;
    }

    /// Values some columns of the rollout, as many as one pass of each thread has, or all of them where the critic has
    /// memory. Returns whether some are left.
    template <class Scalar>
    bool step(Rollout<Scalar>& rollout) {
        if constexpr (has_critic<C> && !HasMemory<C>) {
            final_value_.resize(rollout.final_observation.cols());
            const Index first = pieces_of(rollout.observation.cols(), pass_width);
            const Index passes = first + pieces_of(rollout.final_observation.cols(), pass_width);
            const Range some{pass_, std::min(passes, pass_ + threads_.count())};
            const Range now{some.begin, std::min(some.end, first)};
            const Range after{std::max(some.begin, first) - first, some.end - first};
            if (now.size() > 0) evaluate(now, rollout.observation, rollout.mask, rollout.value.data());
            if (after.size() > 0) evaluate(after, rollout.final_observation, rollout.final_mask, final_value_.data());
            pass_ = some.end;
            return pass_ < passes;
        } else {
            find_values(rollout);
            return false;
        }
    }

    /// For a critic with memory: its next rollout goes on in an environment from the state zero, as that has begun an
    /// episode in steps that are in no rollout.
    void restart([[maybe_unused]] Index environment) {
        if constexpr (HasMemory<C>) sequential_.restart(environment);
    }

    /// Values a fresh rollout, where an update learns before it estimates it: the next rollout of a critic with memory
    /// goes on from its states. Without effect for others. Returns whether it valued it.
    template <class Scalar>
    bool follow(Rollout<Scalar>& rollout) {
        if constexpr (HasMemory<C>) find_values(rollout);
        return HasMemory<C>;
    }

    /// Does what the call does, but for values: for the rollout that was valued last, by `step` or by a `follow` that
    /// returned true, while the critic's weights have not changed.
    template <class Scalar, Advantage A>
    void finish(Rollout<Scalar>& rollout, const A& advantage) const {
        bootstrap(rollout);
        advantage(rollout);
    }

    /// What goes on from one rollout to the next.
    void visit_state(State& state) {
        if constexpr (HasMemory<C>) sequential_.visit_state(state);
    }

private:
    template <class Scalar>
    void find_values(Rollout<Scalar>& rollout) {
        rollout.clear_absent();
        final_value_.reserve(rollout.final_sample.capacity());
        if constexpr (has_critic<C>) {
            static_assert(std::same_as<Scalar, typename C::Scalar>,
                          "gradiva: Critic and Actor need the same scalar type");
            if constexpr (HasMemory<C>) {
                sequential_(rollout, final_value_, threads_);
            } else {
                evaluate_all(rollout.observation, rollout.mask, rollout.value.data());
                final_value_.resize(rollout.final_observation.cols());
                evaluate_all(rollout.final_observation, rollout.final_mask, final_value_.data());
            }
        } else {
            rollout.value.clear_columns({0, rollout.value.cols()});
            final_value_.assign(rollout.final_observation.cols(), 0);
        }
    }

    struct alignas(buffer_alignment) Shard {
        typename C::Tape tape;
        NetworkInput<typename C::Scalar> input;
    };

    template <class Scalar>
    void evaluate_all(const MatrixBuffer<float>& observation, const MatrixBuffer<std::uint8_t>& mask, Scalar* value) {
        evaluate({0, pieces_of(observation.cols(), pass_width)}, observation, mask, value);
    }

    /// The values of the columns of some passes.
    template <class Scalar>
    void evaluate(Range passes, const MatrixBuffer<float>& observation, const MatrixBuffer<std::uint8_t>& mask,
                  Scalar* value) {
        passes_.run_some(passes, observation.cols(), threads_, [&](Shard& shard, Range range) {
            const ConstMatrixMap<Scalar> input = shard.input(observation.columns(range));
            VectorMap<Scalar> out(value + range.begin, range.size());
            if constexpr (requires { critic_.forward(input, mask.columns(range), shard.tape); }) {
                out = critic_.forward(input, mask.columns(range), shard.tape);
            } else {
                out = critic_.forward(input, shard.tape);
            }
        });
    }

    template <class Scalar>
    void bootstrap(Rollout<Scalar>& rollout) const {
        const Index samples = rollout.horizon * rollout.environments;
        const std::uint8_t* const terminated = rollout.terminated.data();
        const std::uint8_t* const truncated = rollout.truncated.data();
        const Scalar* const value = rollout.value.data() + rollout.environments;  // of the step after a sample
        Scalar* const continues = rollout.continues.data();
        Scalar* const next_value = rollout.next_value.data();
        for (Index i = 0; i < samples; ++i) continues[i] = static_cast<Scalar>(1 - terminated[i] - truncated[i]);
        for (Index i = 0; i < samples; ++i) next_value[i] = continues[i] * value[i];
        for (Index i = 0; i < rollout.final_sample.size(); ++i) {
            next_value[rollout.final_sample[i]] = static_cast<Scalar>(final_value_[i]);
        }
        rollout.for_each_absent([&](Index t, Range range) {
            for (Index n = range.begin; n < range.end; ++n) {
                rollout.continues(n, t) = rollout.next_value(n, t) = rollout.value(n, t + 1) = 0;
                if (t > 0) rollout.continues(n, t - 1) = 0;
            }
        });
    }

    const C& critic_;
    Threads& threads_;
    Buffer<typename C::Scalar> final_value_;
    ColumnPasses<Shard> passes_;
    Index pass_ = 0;  // the next one of `step`
    typename detail::SequentialValuesFor<C>::Type sequential_;
};

namespace detail {

/// A power of two by which values and value targets in double are multiplied so that their squares neither over- nor
/// underflow; 1 for floats, whose squares fit in a double.
template <class Scalar>
double unit_of_targets(const Rollout<Scalar>& rollout) {
    if constexpr (sizeof(Scalar) < sizeof(double)) return 1;
    double largest = 0;
    for (Index t = 0; t < rollout.horizon; ++t) {
        for (Index n = 0; n < rollout.environments; ++n) {
            if (!rollout.holds(t, n)) continue;
            largest = std::max({largest, std::abs(static_cast<double>(rollout.value_target(n, t))),
                                std::abs(static_cast<double>(rollout.value(n, t)))});
        }
    }
    if (!(largest > 0) || !std::isfinite(largest)) return 1;
    return std::ldexp(1.0, std::clamp(-std::ilogb(largest), -1000, 1000));
}

}  // namespace detail

/// The explained variance of the critic, 1 - Var(value_target - V) / Var(value_target) over the samples: 1 for a
/// perfect critic, 0 for one that is no better than a constant. NaN where the targets do not vary, and without samples.
template <class Scalar>
double explained_variance(const Rollout<Scalar>& rollout) {
    struct Sample {
        double target, error;
    };
    const double unit = detail::unit_of_targets(rollout);
    const auto for_each_sample = [&](const auto& body) {
        for (Index t = 0; t < rollout.horizon; ++t) {
            for (Index n = 0; n < rollout.environments; ++n) {
                if (!rollout.holds(t, n)) continue;
                const double target = unit * static_cast<double>(rollout.value_target(n, t));
                body(Sample{target, target - unit * static_cast<double>(rollout.value(n, t))});
            }
        }
    };
    // The means, from sums of differences to the first sample: exact where all are equal.
    double count = 0;
    Sample first{}, sum{};
    for_each_sample([&](const Sample& x) {
        if (count == 0) first = x;
        count += 1;
        sum.target += x.target - first.target;
        sum.error += x.error - first.error;
    });
    const Sample mean{first.target + sum.target / count, first.error + sum.error / count};
    // The variances, from deviations from the means, corrected by the sums of these, the rounding errors of the means.
    Sample rest{}, squares{};
    for_each_sample([&](const Sample& x) {
        const Sample d{x.target - mean.target, x.error - mean.error};
        rest.target += d.target;
        rest.error += d.error;
        squares.target += d.target * d.target;
        squares.error += d.error * d.error;
    });
    const double target_variance = squares.target - rest.target * rest.target / count;
    const double error_variance = squares.error - rest.error * rest.error / count;
    return target_variance > 0 ? 1 - error_variance / target_variance : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace GRADIVA_NAMESPACE
