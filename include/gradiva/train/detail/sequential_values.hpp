#pragma once

#include <algorithm>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/fixed_places.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/column_passes.hpp"
#include "gradiva/rollout/rollout.hpp"
#include "gradiva/train/detail/sequential_pass.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The values of a critic with memory, in one pass through the time of a rollout: those of its observations o_0 ...
/// o_T, and those of final observations, each with the state after the step that led to it. A rollout that was not
/// valued before goes on from the state that the one before it left, which is that before o_T, as o_T is the first
/// observation of the next; one that was is valued again from the state stored in it. No bit depends on the
/// number of threads. Borrows the critic.
template <class C>
class SequentialValues {
public:
    using Scalar = typename C::Scalar;

    explicit SequentialValues(const C& critic) : critic_(critic) {}

    /// Writes `rollout.value`, `rollout.critic_state`, and to `final_value` the value of each final observation.
    void operator()(Rollout<Scalar>& rollout, Buffer<Scalar>& final_value, Threads& threads) {
        prepare(rollout);
        final_value.resize(rollout.final_sample.size());
        const Index n = rollout.environments;
        const Index fewest = pieces_of(n, pass_width);
        const Index shards = acts_column_by_column<C> ? std::min(n, std::max(threads.count(), fewest)) : fewest;
        shards_.grow_to(shards);
        threads.run(shards, [&](Index s) {
            const Range mine = piece(n, shards, s);
            Shard& shard = shards_[s];
            shard.steps.state.resize(critic_.state_size(), mine.size());
            shard.steps.state.matrix() = first_states(rollout, mine);
            for (Index t = 0; t <= rollout.horizon;) {
                const Range times{t, end_of_pass(rollout, t, std::max<Index>(pass_width / mine.size(), 1))};
                keep_states(rollout, mine, t, shard);
                shard.steps.take_steps(rollout, mine, times);
                shard.steps.write_values(critic_, rollout.value.data());
                value_finals(rollout, final_value, mine, times, shard);
                carry(rollout, mine, times, shard);
                t = times.end;
            }
        });
        rollout.is_valued = true;
    }

    /// Sets the state from which the next rollout goes on in an environment to zero.
    void restart(Index environment) {
        if (environment < carried_.cols()) carried_.clear_columns({environment, environment + 1});
    }

    /// The states from which the next rollout goes on.
    void visit_state(State& state) {
        if constexpr (!reads_actor_state<C>) {
            state("carried", carried_);
            require(carried_.cols() == 0 || carried_.rows() == critic_.state_size(),
                    "Estimator: states of {} numbers were saved, where the critic's memory has {}", carried_.rows(),
                    critic_.state_size());
        }
    }

private:
    struct alignas(buffer_alignment) Shard {
        SequentialPass<C> steps, finals;
    };

    void prepare(Rollout<Scalar>& rollout) {
        if constexpr (!reads_actor_state<C>) {
            if (rollout.critic_state_size != critic_.state_size()) {
                rollout.critic_state_size = critic_.state_size();
                rollout.is_valued = false;
                rollout.resize(rollout.horizon);
            }
            const Index n = rollout.environments;
            if (rollout.is_valued || (!rollout.starts_anew && carried_.cols() == n)) return;
            carried_.resize(critic_.state_size(), n);
            carried_.clear_columns({0, n});
        } else {
            require(rollout.actor_state.rows() == critic_.state_size(),
                    "Estimator: the rollout has states of {} numbers, where the critic reads the actor's, of {}; let "
                    "this actor collect it, or a Reweigher go over it before",
                    rollout.actor_state.rows(), critic_.state_size());
        }
    }

    ConstMatrixMap<Scalar> first_states(const Rollout<Scalar>& rollout, Range range) const {
        if constexpr (reads_actor_state<C>) {
            return rollout.actor_state.columns(range);
        } else {
            return rollout.is_valued ? rollout.critic_state.columns(range) : carried_.columns(range);
        }
    }

    /// Stores the states before a step at which sequences start.
    void keep_states(Rollout<Scalar>& rollout, Range range, Index t, const Shard& shard) const {
        if constexpr (!reads_actor_state<C>) {
            if (t == rollout.horizon || !rollout.starts_sequence(t)) return;
            const Range columns = rollout.columns(t / rollout.steps_of_sequence(), range);
            rollout.critic_state.columns(columns) = shard.steps.state.matrix();
        }
    }

    /// The end of a pass that starts at step t: at most `longest` steps later, before the next start of sequences; o_T
    /// stands alone.
    static Index end_of_pass(const Rollout<Scalar>& rollout, Index t, Index longest) {
        Index end = t + 1;
        while (end < std::min(t + longest, rollout.horizon) && !rollout.starts_sequence(end)) ++end;
        return end;
    }

    /// The values of the final observations that follow these steps, at most one of each environment at a time.
    void value_finals(const Rollout<Scalar>& rollout, Buffer<Scalar>& final_value, Range range, Range times,
                      Shard& shard) const {
        SequentialPass<C>& finals = shard.finals;
        finals.reserve(critic_, rollout, range);
        const Buffer<Index>& sample = rollout.final_sample;
        const Index first = times.begin * rollout.environments, end = times.end * rollout.environments;
        Index count = 0;
        for (Index f = std::lower_bound(sample.begin(), sample.end(), first) - sample.begin();
             f < sample.size() && sample[f] < end; ++f) {
            const Index t = sample[f] / rollout.environments, n = sample[f] % rollout.environments;
            if (n < range.begin || n >= range.end) continue;
            finals.columns.resize(count + 1);
            finals.columns[count] = f;
            finals.state.resize(finals.state.rows(), count + 1);
            finals.state.columns({count, count + 1}) =
                critic_.state_after(shard.steps.tape, t - times.begin).col(n - range.begin);
            if (++count < range.size()) continue;
            write_finals(rollout, finals, final_value);
            count = 0;
        }
        if (count > 0) write_finals(rollout, finals, final_value);
    }

    void write_finals(const Rollout<Scalar>& rollout, SequentialPass<C>& finals, Buffer<Scalar>& final_value) const {
        finals.take_finals(rollout);
        finals.write_values(critic_, final_value.data());
    }

    /// Hands the states on: to the next pass, and, where an environment's samples end, to the next rollout.
    void carry(const Rollout<Scalar>& rollout, Range range, Range times, Shard& shard) {
        const Index last = times.end - 1;
        if (last < rollout.horizon) {
            shard.steps.state.matrix() = critic_.state_after(shard.steps.tape, last - times.begin);
        }
        for (Index n = range.begin; n < range.end; ++n) {
            const Index j = n - range.begin, last_sample = rollout.length[n] - 1;
            if constexpr (!reads_actor_state<C>) {
                if (!rollout.is_valued && last_sample >= times.begin && last_sample <= last) {
                    carried_.columns({n, n + 1}) =
                        critic_.state_after(shard.steps.tape, last_sample - times.begin).col(j);
                    if (rollout.ends_episode(last_sample * rollout.environments + n))
                        carried_.clear_columns({n, n + 1});
                }
            }
            if (last < rollout.horizon && rollout.ends_episode(last * rollout.environments + n)) {
                shard.steps.state.clear_columns({j, j + 1});
            }
        }
    }

    const C& critic_;
    MatrixBuffer<Scalar> carried_;  // S x N: before the first step of the next rollout
    FixedPlaces<Shard> shards_;
};

/// `SequentialValues<C>` for a critic with memory, else a type without members.
template <class C>
struct SequentialValuesFor {
    struct Type {
        explicit Type(const C&) {}
    };
};
template <HasMemory C>
struct SequentialValuesFor<C> {
    using Type = SequentialValues<C>;
};

}  // namespace GRADIVA_NAMESPACE::detail
