// Environments that are restored from saved state, beside those that it was saved of.
#pragma once

#include <initializer_list>
#include <string>

#include "gradiva/core/state_difference.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/env/detail/vector_env_trial.hpp"
#include "gradiva/env/saved_env.hpp"
#include "gradiva/env/vectorized.hpp"

namespace gradiva_test {

using gradiva::Index;

/// What differs between environments that did `before` steps and go on, and fresh ones that are restored at that moment
/// and are stepped in `parts`; empty where nothing does, in `after` steps and in the state that follows them. With
/// episodes that are restarted both are reset then.
template <gradiva::HasSavedVectorState V>
std::string resumed_difference(const V& fresh, Index before, Index after, Index parts = 1,
                               gradiva::Episodes episodes = gradiva::Episodes::kept) {
    using namespace gradiva;
    V saved(fresh), restored(fresh);
    detail::VectorEnvTrial<V> first(saved, 1, 5), second(restored, parts, 5);
    first.reset();
    for (Index t = 0; t < before; ++t) first.step();
    restore("test", image_of(saved, episodes), restored, episodes);
    second.follow(first);
    if (episodes == Episodes::restarted) {
        first.reset();
        second.reset();
    } else {
        first.ask_masks();
        second.ask_masks();
    }
    for (Index t = 0; t <= after; ++t) {
        for (Index n = 0; n < fresh.size(); ++n) {
            if (first.hash(n) != second.hash(n)) return "environment " + std::to_string(n);
        }
        first.step();
        second.step();
    }
    return first_difference(image_of(saved), image_of(restored));
}

/// The same of three copies of one environment, saved at several moments of its episodes and after some of them.
template <gradiva::Env E>
std::string resumed_difference(const E& env) {
    static_assert(gradiva::HasSavedState<E>);
    const gradiva::Vectorized envs(env, {.count = 3, .seed = 2});
    for (const Index before : {0, 1, 7, 30, 101}) {
        const std::string differs = resumed_difference(envs, before, 60);
        if (!differs.empty()) return differs + " after " + std::to_string(before) + " steps";
    }
    return {};
}

/// The error where the state of `saved` is restored in `here`; empty where there is none.
template <class Part>
std::string refusal_of(Part saved, Part here, gradiva::Episodes episodes = gradiva::Episodes::kept) {
    try {
        gradiva::restore("test", gradiva::image_of(saved, episodes), here, episodes);
    } catch (const gradiva::Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace gradiva_test
