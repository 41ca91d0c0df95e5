#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "gradiva/core/rng.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sincos.hpp"
#include "gradiva/core/simd/transpose.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/environments/cart_pole.hpp"

namespace GRADIVA_NAMESPACE {

/// Number, seed and time limit of the environments of `CartPoleBatch`.
struct CartPoleBatchOptions {
    Index count = 1;         ///< environments, at least 1
    std::uint64_t seed = 0;  ///< of all random streams, those of actors and critics built from it included
    Index limit = 500;       ///< steps after which an episode is truncated; 0: never
};

/// Cart-poles that are stepped with SIMD, one environment per lane. Models `VectorEnv`; equivalent to
/// `Vectorized(TimeLimit(CartPole{}, limit), {.count = count, .seed = seed})`, with the same random streams, initial
/// states and termination rules. The state is float instead of double: initial states have the same bits, and during an
/// episode the two diverge by the rounding of floats, which the unstable pole doubles every 0.2 s.
///
/// The bits of an environment's state do not depend on the ranges in which it is stepped.
class CartPoleBatch {
public:
    /// Throws `Error` on a count below 1 and on a limit that is negative or beyond 2^31 - 1.
    explicit CartPoleBatch(CartPoleBatchOptions options = {})
        : size_(options.count), seed_(options.seed), limit_(options.limit) {
        require(size_ >= 1, "CartPoleBatch: count is {}; give at least 1 environment", size_);
        require(limit_ >= 0 && limit_ <= std::numeric_limits<std::int32_t>::max(),
                "CartPoleBatch: limit is {}; give at most 2147483647 steps, or 0 for no limit", limit_);
        for (Buffer<float>* part : {&x_, &x_dot_, &theta_, &theta_dot_}) part->resize(size_);
        steps_left_.assign(size_, steps_at_start());
        rngs_.reserve(static_cast<std::size_t>(size_));
        for (Index i = 0; i < size_; ++i) {
            rngs_.emplace_back(seed_, Purpose::environment, static_cast<std::uint64_t>(i));
        }
    }

    Index size() const { return size_; }
    std::uint64_t seed() const { return seed_; }
    Index shards() const { return pieces_of(size_, environments_per_shard); }
    Box observation_space() const { return CartPole{}.observation_space(); }
    Discrete action_space() const { return CartPole{}.action_space(); }
    Index limit() const { return limit_; }

    static constexpr bool fails_one_by_one = true;  // it never throws
    Index& holders() { return holders_; }

    void reset(Range range, MatrixRef<float> observation) {
        for (Index j = 0; j < range.size(); ++j) reset_one(range.begin + j, observation, j);
    }

    void step(Range range, const ConstActionView& actions, StepView& out) {
        GRADIVA_ASSERT(range.begin >= 0 && range.end <= size_);
        std::fill(out.reward.begin(), out.reward.end(), 1.0);
        constexpr std::integral_constant<Index, simd::lanes<float>> all_lanes;
        Index j = 0;
        for (; j + simd::lanes<float> <= range.size(); j += simd::lanes<float>)
            step_lanes(range.begin + j, j, all_lanes, actions, out);
        if (j < range.size()) step_lanes(range.begin + j, j, range.size() - j, actions, out);
        reset_ended(range, out);
    }

    void visit_state(State& state) {
        state.fixed("count", size_);
        state.fixed("seed", seed_);
        state.fixed("limit", limit_);
        state.each("streams", size_, [&](Index i) { rngs_[static_cast<std::size_t>(i)].visit_state(state); });
        if (state.restarts_episodes()) return;
        state("x", x_.span());
        state("x_dot", x_dot_.span());
        state("theta", theta_.span());
        state("theta_dot", theta_dot_.span());
        state("steps_left", steps_left_.span());
    }

private:
    // At least the lanes of the widest vector registers (AVX-512: 16 floats).
    static constexpr Index environments_per_shard = 16;

    struct Motion {
        simd::Floats x, x_dot, theta, theta_dot;
    };

    // Without a limit `steps_left_` is 1 and does not change.
    std::int32_t steps_at_start() const { return limit_ > 0 ? static_cast<std::int32_t>(limit_) : 1; }
    std::int32_t steps_per_step() const { return limit_ > 0 ? 1 : 0; }

    void reset_one(Index i, MatrixRef<float>& observation, Index j) {
        Index row = 0;
        for (Buffer<float>* part : {&x_, &x_dot_, &theta_, &theta_dot_}) {
            (*part)[i] = static_cast<float>(rngs_[static_cast<std::size_t>(i)].uniform(-0.05, 0.05));
            observation(row++, j) = (*part)[i];
        }
        steps_left_[i] = steps_at_start();
    }

    /// Steps `count` environments from number i on; in actions and results they are the columns from j on. A
    /// compile-time constant as `count` costs no branches.
    template <class Count>
    void step_lanes(Index i, Index j, Count count, const ConstActionView& actions, StepView& out) {
        const Motion state =
            next({simd::load_some_as<simd::Floats>(&x_[i], count), simd::load_some_as<simd::Floats>(&x_dot_[i], count),
                  simd::load_some_as<simd::Floats>(&theta_[i], count),
                  simd::load_some_as<simd::Floats>(&theta_dot_[i], count)},
                 simd::load_some_as<simd::Ints>(actions.integers.data() + j, count));
        simd::store_some(state.x, &x_[i], count);
        simd::store_some(state.x_dot, &x_dot_[i], count);
        simd::store_some(state.theta, &theta_[i], count);
        simd::store_some(state.theta_dot, &theta_dot_[i], count);
        const simd::Ints steps_left = simd::load_some_as<simd::Ints>(&steps_left_[i], count) - steps_per_step();
        simd::store_some(steps_left, &steps_left_[i], count);

        const simd::Ints terminated = has_fallen(state);
        simd::store_some(simd::flags_of(terminated), out.terminated.data() + j, count);
        simd::store_some(simd::flags_of((steps_left == 0) & ~terminated), out.truncated.data() + j, count);
        observe(state, j, count, out.observation);
    }

    /// The equations of `CartPole`.
    static Motion next(const Motion& now, const simd::Ints& action) {
        constexpr double total_mass = CartPole::cart_mass + CartPole::pole_mass;
        constexpr auto force = static_cast<float>(CartPole::force);
        constexpr auto gravity = static_cast<float>(CartPole::gravity);
        constexpr auto per_mass = static_cast<float>(1 / total_mass);
        constexpr auto pole_moment = static_cast<float>(CartPole::pole_mass * CartPole::half_length);
        constexpr auto length = static_cast<float>(CartPole::half_length * 4 / 3);
        constexpr auto length_lost = static_cast<float>(CartPole::half_length * CartPole::pole_mass / total_mass);
        constexpr auto time_step = static_cast<float>(CartPole::time_step);

        const simd::Floats push = action == 1 ? simd::Floats{} + force : simd::Floats{} - force;
        const auto [sine, cosine] = simd::sine_cosine(now.theta);
        const simd::Floats temp = (push + pole_moment * now.theta_dot * now.theta_dot * sine) * per_mass;
        const simd::Floats theta_acceleration =
            (gravity * sine - cosine * temp) / (length - length_lost * cosine * cosine);
        const simd::Floats x_acceleration = temp - pole_moment * per_mass * theta_acceleration * cosine;
        return {now.x + time_step * now.x_dot, now.x_dot + time_step * x_acceleration,
                now.theta + time_step * now.theta_dot, now.theta_dot + time_step * theta_acceleration};
    }

    static simd::Ints has_fallen(const Motion& state) {
        constexpr auto position = static_cast<float>(CartPole::position_limit);
        constexpr auto angle = static_cast<float>(CartPole::angle_limit);
        return (state.x > position) | (state.x < -position) | (state.theta > angle) | (state.theta < -angle);
    }

    template <class Count>
    static void observe(const Motion& state, Index j, Count count, MatrixRef<float>& observation) {
        if (count == simd::lanes<float> && observation.outerStride() == 4) {
            simd::store_columns(state.x, state.x_dot, state.theta, state.theta_dot, observation.data() + 4 * j);
            return;
        }
        float columns[4 * simd::lanes<float>];
        simd::store_columns(state.x, state.x_dot, state.theta, state.theta_dot, columns);
        for (Index k = 0; k < count; ++k) std::copy_n(columns + 4 * k, 4, observation.col(j + k).data());
    }

    /// Resets the environments whose episodes ended. They are listed without branches, which would be mispredicted.
    void reset_ended(Range range, StepView& out) {
        constexpr Index block = 64;
        Index ended[block];
        for (Index from = 0; from < range.size(); from += block) {
            Index count = 0;
            for (Index j = from; j < std::min(from + block, range.size()); ++j) {
                const auto k = static_cast<std::size_t>(j);
                ended[count] = j;
                count += out.terminated[k] | out.truncated[k];
            }
            for (Index k = 0; k < count; ++k) {
                out.final_observation.col(ended[k]) = out.observation.col(ended[k]);
                reset_one(range.begin + ended[k], out.observation, ended[k]);
            }
        }
    }

    Index size_;
    std::uint64_t seed_;
    Index limit_;
    Buffer<float> x_, x_dot_, theta_, theta_dot_;
    Buffer<std::int32_t> steps_left_;
    std::vector<Rng> rngs_;
    Index holders_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
