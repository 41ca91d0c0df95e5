#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/env/action_access.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/detail/hash.hpp"
#include "gradiva/env/detail/random_actions.hpp"
#include "gradiva/env/detail/step_frame.hpp"
#include "gradiva/env/vector_env.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Runs environments under random actions, stepped in so many parts, and throws `Error` on broken rules that show in a
/// single run. Borrows them.
template <VectorEnv V>
class VectorEnvTrial {
public:
    VectorEnvTrial(V& envs, Index parts, std::uint64_t action_seed)
        : envs_(envs), parts_(parts), observation_space_(envs.observation_space()), action_space_(envs.action_space()),
          draws_(action_space_, Rng(action_seed, Purpose::action), true), n_(envs.size()),
          frame_(observation_space_.size, mask_size_of(envs), metric_count<V>, n_) {
        check_observation_space("check_env", observation_space_);
        check_action_space("check_env", action_space_);
        for (auto* masks : {&mask_, &again_}) masks->resize(mask_size_of(envs), n_);
        actions_.resize(action_shape_of(action_space_), n_);
        hashes_.resize(to_size(n_));
    }

    void reset() {
        for (Index i = parts_ - 1; i >= 0; --i) {
            const Range part = piece(n_, parts_, i);
            frame_.blank(part);
            attempt(part, "reset", [&] { envs_.reset(part, frame_.observations(part)); });
            take_observations(part, "reset");
        }
    }

    /// One step of each environment.
    void step() {
        ++steps_;
        for (Index j = 0; j < n_; ++j) draws_.draw(actions_.all(), std::as_const(mask_).matrix(), j);
        for (Index i = parts_ - 1; i >= 0; --i) step(piece(n_, parts_, i));  // their order must decide nothing
    }

    /// Goes on from where another trial is, whose environments these are a copy of.
    void follow(const VectorEnvTrial& other) {
        draws_ = other.draws_;
        hashes_ = other.hashes_;
        steps_ = other.steps_;
    }

    /// Asks for the masks of all environments.
    void ask_masks() { take_masks({0, n_}, "step"); }

    Index steps() const { return steps_; }
    Index episodes() const { return episodes_; }
    /// Of all that environment i gave.
    std::uint64_t hash(Index i) const { return hashes_[to_size(i)].value(); }

private:
    void step(Range part) {
        frame_.blank(part);
        StepView out = frame_.view(part);
        attempt(part, "step", [&] { envs_.step(part, std::as_const(actions_).columns(part), out); });
        for (Index n = part.begin; n < part.end; ++n) take_outcome(n);
        take_observations(part, "step");
    }

    /// Runs a call of the environments, and says which it was if it throws or writes what is not its own.
    template <class Body>
    void attempt(Range part, const char* where, const Body& body) {
        as_error(body, [&](const char* what) {
            return fmt::format("check_env: {} (step {}) of environments {} to {} threw: {}", where, steps_, part.begin,
                               part.end - 1, what);
        });
        require(frame_.others_are_left_alone(part),
                "check_env: {} (step {}) of environments {} to {} writes what belongs to others; write columns and "
                "elements 0 to n - 1, which are those of the range",
                where, steps_, part.begin, part.end - 1);
    }

    void take_observations(Range part, const char* where) {
        for (Index n = part.begin; n < part.end; ++n) take_observation(frame_.observation(n), n, where);
        check_spaces(where);
        take_masks(part, where);
    }

    void check_spaces(const char* where) const {
        require(envs_.observation_space() == observation_space_ && envs_.action_space() == action_space_ &&
                    envs_.size() == n_,
                "check_env: after {} (step {}) the spaces or their bounds, or the number of environments, are others "
                "than at first; they stay the same",
                where, steps_);
    }

    void take_observation(std::span<const float> observation, Index n, const char* where) {
        for (Index i = 0; i < observation_space_.size; ++i) {
            const float x = observation[to_size(i)];
            const float low = observation_space_.low_of(i), high = observation_space_.high_of(i);
            require(std::isfinite(x),
                    "check_env: environment {} gave observation[{}] = {} in {} (step {}), or did not write it; write "
                    "finite numbers",
                    n, i, x, where, steps_);
            require(x >= low && x <= high,
                    "check_env: environment {} gave observation[{}] = {} in {} (step {}), outside [{}, {}]; correct it "
                    "or the bounds of the observation space",
                    n, i, x, where, steps_, low, high);
            hashes_[to_size(n)].add(x);
        }
    }

    void take_outcome(Index n) {
        const auto k = to_size(n);
        const unsigned terminated = frame_.terminated(n), truncated = frame_.truncated(n);
        const double reward = frame_.reward(n);
        require(terminated <= 1 && truncated <= 1,
                "check_env: environment {} gave terminated = {} and truncated = {} in step {}, or did not write them; "
                "write 0 or 1",
                n, terminated, truncated, steps_);
        require(terminated + truncated <= 1,
                "check_env: step {} of environment {} is both terminated and truncated; truncated is for an episode "
                "that is cut off from outside although it could go on",
                steps_, n);
        require(std::isfinite(static_cast<float>(reward)),
                "check_env: environment {} gave a reward of {} in step {}, or did not write it; give a number that is "
                "finite as a float",
                n, reward, steps_);
        hashes_[k].add(reward);
        hashes_[k].add(terminated + 2 * truncated);
        if (terminated + truncated == 0) return;
        ++episodes_;
        take_observation(frame_.final_observation(n), n, "the last observation");
        take_metrics(n);
        if (truncated == 0 || mask_.rows() == 0) return;
        check_mask("check_env", action_space_, frame_.final_mask(n), {n, n + 1}, "the last step of an episode");
    }

    void take_metrics(Index n) {
        for (std::size_t k = 0; k < metric_names_of<V>().size(); ++k) {
            const double number = frame_.metrics(n)[k];
            require(std::isfinite(number),
                    "check_env: environment {} gave metric {} = {} in step {}, which ends an episode, or did not write "
                    "it; write finite numbers",
                    n, metric_names_of<V>()[k], number, steps_);
            hashes_[to_size(n)].add(number);
        }
    }

    void take_masks(Range part, const char* where) {
        if constexpr (HasVectorActionMask<V>) {
            for (auto* masks : {&mask_, &again_}) {
                std::fill_n(masks->columns(part).data(), part.size() * masks->rows(), unwritten_mask);
                std::as_const(envs_).action_mask(part, masks->columns(part));
            }
            check_mask("check_env", action_space_, std::as_const(mask_).columns(part), part, where);
            for (Index n = part.begin; n < part.end; ++n) {
                const std::span<const std::uint8_t> one = mask_.column(n), other = again_.column(n);
                require(std::equal(one.begin(), one.end(), other.begin()),
                        "check_env: two calls of action_mask after {} (step {}) differ for environment {}; let it "
                        "depend on "
                        "nothing but the state",
                        where, steps_, n);
                for (const std::uint8_t legal : mask_.column(n)) hashes_[to_size(n)].add(legal);
            }
        }
    }

    using Space = decltype(std::declval<const V&>().action_space());

    V& envs_;
    Index parts_;
    Box observation_space_;
    Space action_space_;
    RandomActions<Space> draws_;
    Index n_, steps_ = 0, episodes_ = 0;
    StepFrame frame_;
    MatrixBuffer<std::uint8_t> mask_, again_;
    ActionBatch actions_;
    std::vector<Hash> hashes_;
};

inline void check_vector_env_size(const auto& envs) {
    require(envs.size() >= 1, "check_env: there are {} environments; give at least 1", Index{envs.size()});
    require(envs.shards() >= 1, "check_env: shards() is {}; give at least 1", Index{envs.shards()});
}

/// Into how many parts environments are split where that is tried.
Index tried_parts(const auto& envs) { return std::min<Index>({envs.size(), envs.shards(), 3}); }

/// Whether steps of so many environments have told enough, with episodes that ended.
inline bool is_tried(Index steps, Index environments, Index episodes) {
    constexpr Index enough = 1'000'000;
    return episodes > 0 && steps * environments >= enough;
}

inline void require_episodes(Index episodes, Index steps) {
    require(episodes > 0,
            "check_env: no episode ended within {} steps; wrap the environment in a TimeLimit, or allow more steps",
            steps);
}

/// Tries environments that cannot be copied.
template <VectorEnv V>
void try_vector_env(V& envs, Index steps, std::uint64_t seed) {
    check_vector_env_size(envs);
    VectorEnvTrial<V> trial(envs, tried_parts(envs), seed);
    trial.reset();
    for (Index t = 1; t <= steps && !is_tried(t, envs.size(), trial.episodes()); ++t) trial.step();
    require_episodes(trial.episodes(), steps);
    trial.reset();
}

/// Tries two copies in turn, one as a whole, the other in parts.
template <VectorEnv V>
void compare_vector_envs(V& first, V& second, Index steps, std::uint64_t seed) {
    check_vector_env_size(first);
    VectorEnvTrial<V> whole(first, 1, seed), split(second, tried_parts(second), seed);
    const auto compare = [&](Index t) {
        for (Index n = 0; n < first.size(); ++n) {
            require(
                whole.hash(n) == split.hash(n),
                "check_env: of two copies that are stepped in turn, one as a whole and one in {} parts, environment "
                "{} differs, first in step {}; let copies and environments share nothing, draw randomness from a "
                "stream of each environment, and let the range that is stepped decide nothing",
                tried_parts(second), n, t);
        }
    };
    whole.reset();
    split.reset();
    compare(0);
    for (Index t = 1; t <= steps && !is_tried(t, first.size(), whole.episodes()); ++t) {
        whole.step();
        split.step();
        compare(t);
    }
    require_episodes(whole.episodes(), steps);
    whole.reset();
    split.reset();
    compare(steps + 1);
}

}  // namespace GRADIVA_NAMESPACE::detail
