#pragma once

#include <span>

#include "gradiva/core/fixed_places.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/learn/sharding.hpp"
#include "gradiva/nn/normalizer.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// Hands the observations of a rollout to the normalisers inside actor and critic, where there are any. To be called
/// after the update: moving them between collecting and updating would make the first probability ratio differ from 1.
/// Moments are added up in fixed shards, which are merged in order, so that threads change no bit.
class ObservationStatistics {
public:
    explicit ObservationStatistics(Threads& threads) : threads_(threads) {}

    template <class Scalar, class A, class C>
    void operator()(const Rollout<Scalar>& rollout, A& actor, C& critic) {
        auto* const of_actor = normalizer_of(actor);
        auto* const of_critic = normalizer_of(critic);
        if (of_actor == nullptr && of_critic == nullptr) return;
        const std::span<const kernels::Moments> moments = measure(rollout);
        if (of_actor != nullptr) of_actor->merge(moments);
        if (of_critic != nullptr) of_critic->merge(moments);
    }

private:
    template <class Part>
    static auto* normalizer_of(Part& part) {
        if constexpr (requires { part.normalizer(); }) {
            return part.normalizer();
        } else {
            return static_cast<Normalizer<float>*>(nullptr);
        }
    }

    template <class Scalar>
    std::span<const kernels::Moments> measure(const Rollout<Scalar>& rollout) {
        const Index columns = rollout.horizon * rollout.environments;
        const Index shards = detail::shard_count(columns);
        shards_.grow_to(shards);
        threads_.run(shards, [&](Index s) {
            Buffer<kernels::Moments>& mine = shards_[s];
            mine.assign(rollout.observation_size, {});
            const Range range = piece(columns, shards, s);
            for (Index sample = range.begin; sample < range.end; ++sample) {
                if (!rollout.holds(sample / rollout.environments, sample % rollout.environments)) continue;
                const std::span<const float> observation = rollout.observation.column(sample);
                for (Index i = 0; i < mine.size(); ++i) {
                    mine[i].add(static_cast<double>(observation[static_cast<std::size_t>(i)]));
                }
            }
        });
        Buffer<kernels::Moments>& total = shards_[0];
        for (Index s = 1; s < shards; ++s) {
            for (Index i = 0; i < total.size(); ++i) total[i] += shards_[s][i];
        }
        return total.span();
    }

    Threads& threads_;
    FixedPlaces<Buffer<kernels::Moments>> shards_;  // of each element of an observation
};

}  // namespace GRADIVA_NAMESPACE
