// Rollouts whose environments hold unequal numbers of samples, and each environment of them alone.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/rollout.hpp"
#include "helpers/environments.hpp"

namespace gradiva_test {

/// How an environment's last sample ends.
enum class LastSample { goes_on, terminated, truncated };

/// The samples of one environment.
struct Column {
    Index length = 0;
    LastSample last = LastSample::goes_on;
};

using Columns = std::vector<Column>;

/// Columns of many lengths and ends; the longest stands first, last or in between, or is alone with its length.
inline std::vector<Columns> unequal_columns() {
    constexpr auto goes_on = LastSample::goes_on, terminated = LastSample::terminated,
                   truncated = LastSample::truncated;
    return {
        {{3, goes_on}, {6, goes_on}},
        {{6, goes_on}, {3, goes_on}},
        {{5, truncated}, {9, goes_on}, {4, terminated}, {1, goes_on}},
        {{1, goes_on}, {2, truncated}, {2, terminated}, {7, goes_on}, {20, truncated}},
        {{20, terminated}, {19, goes_on}, {18, goes_on}},
        {{4, goes_on}, {4, goes_on}, {4, goes_on}, {5, goes_on}, {4, goes_on}, {3, goes_on}, {4, goes_on}},
        {{8, goes_on}, {8, truncated}},
        {{33, goes_on},
         {2, goes_on},
         {40, truncated},
         {7, terminated},
         {12, goes_on},
         {12, truncated},
         {39, goes_on},
         {1, truncated},
         {1, terminated},
         {25, goes_on},
         {40, goes_on},
         {3, goes_on},
         {17, terminated},
         {8, goes_on},
         {9, goes_on},
         {10, goes_on},
         {11, truncated},
         {30, goes_on}},
    };
}

/// The same, with every column ended by an episode's end.
inline std::vector<Columns> unequal_episodes() {
    std::vector<Columns> all = unequal_columns();
    for (Columns& columns : all) {
        for (Column& column : columns) {
            if (column.last == LastSample::goes_on) column.last = LastSample::terminated;
        }
    }
    return all;
}

/// A rollout of `columns`, of which environment n is filled by random numbers of its own stream, `first` + n, whatever
/// stands beside it. Episodes end in between too. What is no sample holds NaN and actions that do not exist.
template <class Scalar>
gradiva::Rollout<Scalar> rollout_of(const Columns& columns, Index first = 0) {
    using namespace gradiva;
    const auto count = static_cast<Index>(columns.size());
    const Vectorized envs(Wanderer{}, {.count = count});
    const Actor actor(envs, {.hidden = {}}, Categorical<Scalar>(3));
    Rollout<Scalar> r(envs, actor);
    Index horizon = 0;
    for (const Column& column : columns) horizon = std::max(horizon, column.length);
    r.resize(horizon);

    constexpr auto nan = std::numeric_limits<Scalar>::quiet_NaN();
    r.observation.matrix().setConstant(std::numeric_limits<float>::quiet_NaN());
    r.action.all().integers.setConstant(1'000'000);
    r.head.matrix().setConstant(nan);
    for (auto* part :
         {&r.log_prob, &r.log_ratio, &r.reward, &r.next_value, &r.continues, &r.advantage, &r.value_target, &r.value}) {
        part->matrix().setConstant(nan);
    }
    r.terminated.matrix().setZero();
    r.truncated.matrix().setZero();
    for (Index n = 0; n < count; ++n) {
        const auto& [length, last] = columns[static_cast<std::size_t>(n)];
        Rng rng(5, Purpose::user, static_cast<std::uint64_t>(first + n));
        r.length[n] = length;
        for (Index t = 0; t <= length; ++t) {
            for (float& x : r.observation.column(t * count + n)) x = static_cast<float>(rng.normal());
            if (t == length) break;
            const bool is_last = t + 1 == length;
            const double u = rng.uniform();
            r.action.all().integers(0, t * count + n) = static_cast<int>(rng.below(3));
            for (Scalar& x : r.head.column(t * count + n)) x = static_cast<Scalar>(rng.normal());
            r.log_prob(n, t) = static_cast<Scalar>(-1 - rng.uniform());
            r.log_ratio(n, t) = static_cast<Scalar>(0.5 * rng.normal());
            r.reward(n, t) = static_cast<Scalar>(rng.normal());
            r.terminated(n, t) = (is_last ? last == LastSample::terminated : u < 0.1) ? 1 : 0;
            r.truncated(n, t) = (is_last ? last == LastSample::truncated : u > 0.9) ? 1 : 0;
            if (r.terminated(n, t) + r.truncated(n, t) != 0) r.finished.push_back({.environment = n});
            if (r.truncated(n, t) == 0) continue;
            r.final_sample.push_back(t * count + n);
            r.final_observation.resize(3, r.final_sample.size());
            for (float& x : r.final_observation.column(r.final_sample.size() - 1)) x = static_cast<float>(rng.normal());
        }
    }
    return r;
}

/// Environment n of a rollout of `columns`, alone.
template <class Scalar>
gradiva::Rollout<Scalar> column_alone(const Columns& columns, Index n) {
    return rollout_of<Scalar>({columns[static_cast<std::size_t>(n)]}, n);
}

}  // namespace gradiva_test
