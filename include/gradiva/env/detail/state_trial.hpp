#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/env/detail/env_trial.hpp"
#include "gradiva/env/detail/vector_env_trial.hpp"
#include "gradiva/env/env_state.hpp"

// What `check_env` tries of an environment whose state can be saved: a fresh one that is restored from what another
// has shown of its state goes on as that one does.

namespace GRADIVA_NAMESPACE::detail {

/// An environment as an object with `visit_state`, whichever way it is saved.
template <HasSavedState E>
struct SavedEnv {
    E& env;
    void visit_state(State& state) { visit_env_state(state, env); }
};

/// Restores an environment, and checks that it then has the state that was saved.
template <HasSavedState E>
void restore_env(const StateImage& saved, E& env) {
    SavedEnv<E> part{env};
    restore("check_env", saved, part);
    const std::string differs = first_difference(saved, image_of(part));
    require(differs.empty(),
            "check_env: {} of a restored environment is not what was saved; let visit_state show members, not copies "
            "of them",
            differs);
}

/// What an environment gave in its last step that is not what another gave, in words.
template <class Trial>
std::string difference_of(const Trial& one, const Trial& other) {
    const auto words = [](const std::string& what, auto here, auto there) {
        return fmt::format("{} is {}, not {}", what, there, here);
    };
    const Outcome &here = one.outcome(), &there = other.outcome();
    if (std::bit_cast<std::uint64_t>(here.reward) != std::bit_cast<std::uint64_t>(there.reward)) {
        return words("the reward", here.reward, there.reward);
    }
    if (here.terminated != there.terminated) return words("terminated", here.terminated, there.terminated);
    if (here.truncated != there.truncated) return words("truncated", here.truncated, there.truncated);
    for (std::size_t i = 0; i < one.observed().size(); ++i) {
        const float x = one.observed()[i], y = other.observed()[i];
        if (std::bit_cast<std::uint32_t>(x) != std::bit_cast<std::uint32_t>(y)) {
            return words(fmt::format("observation[{}]", i), x, y);
        }
    }
    for (std::size_t k = 0; k < one.legal().size(); ++k) {
        if (one.legal()[k] != other.legal()[k]) {
            return words(fmt::format("legal[{}] of the mask", k), int{one.legal()[k]}, int{other.legal()[k]});
        }
    }
    return "the last observation of the episode is another";
}

inline constexpr const char* show_all_state =
    "let visit_state show all that reset, step and action_mask read and change (saved_as_bytes: let no pointers lead "
    "to it)";

/// Saves the state of an environment after some numbers of steps, and compares it, for longer than an episode, with a
/// fresh one that is restored. `make()` gives fresh ones.
template <class Make>
void try_state(const Make& make, Index longest_episode, Index most_steps, std::uint64_t seed) {
    using E = std::remove_cvref_t<std::invoke_result_t<const Make&>>;
    Rng rng(seed, Purpose::user);
    EnvTrial<E> first(make());
    first.start(seed, seed);
    for (int round = 0; round < 6 && first.steps() <= most_steps; ++round) {
        const Index steps = round == 0 ? 0 : 1 + rng.below(longest_episode);
        for (Index t = 0; t < steps; ++t) first.step();
        const Index saved_at = first.steps();
        EnvTrial<E> restored(make());
        SavedEnv<E> part{first.env()};
        restore_env(image_of(part), restored.env());
        restored.follow(first);
        const auto expect = [&](bool same) {
            if (same) return;
            fail(
                "check_env: an environment that is restored as another was after step {} goes on in another way, first "
                "in step {}, where {}; {}",
                saved_at, first.steps(), difference_of(first, restored), show_all_state);
        };
        expect(std::equal(first.legal().begin(), first.legal().end(), restored.legal().begin()));
        for (Index t = 0; t < longest_episode + 5; ++t) expect(first.step() == restored.step());
    }
}

/// The same of environments as one, of which `saved` and `restored` are fresh copies; the second is restored.
template <class V>
void try_vector_state(V& saved, V& restored, Index most_steps, std::uint64_t seed) {
    VectorEnvTrial<V> first(saved, 1, seed), second(restored, tried_parts(restored), seed);
    first.reset();
    const Index before = 1 + Rng(seed, Purpose::user).below(most_steps);
    for (Index t = 0; t < before && !is_tried(t, saved.size(), first.episodes()); ++t) first.step();
    const Index saved_at = first.steps(), episodes = first.episodes();
    SavedEnv<V> part{saved};
    restore_env(image_of(part), restored);
    second.follow(first);
    const auto compare = [&] {
        for (Index n = 0; n < saved.size(); ++n) {
            require(first.hash(n) == second.hash(n),
                    "check_env: environments that are restored as others were after step {} go on in another way, "
                    "environment {} first, in step {}; {}",
                    saved_at, n, first.steps(), show_all_state);
        }
    };
    for (auto* trial : {&first, &second}) trial->ask_masks();
    compare();
    for (Index t = 0; t < most_steps && !is_tried(t, saved.size(), first.episodes() - episodes); ++t) {
        for (auto* trial : {&first, &second}) trial->step();
        compare();
    }
}

}  // namespace GRADIVA_NAMESPACE::detail
