#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/env/env_factory.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/env/wrapper.hpp"
#include "gradiva/io/recording.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/train/evaluate.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `record_episodes`; those that `EvaluateOptions` has too mean the same.
struct RecordOptions {
    Index episodes = 3;                      ///< at least 1
    bool greedy = true;                      ///< the most probable action; false: a sampled one
    std::uint64_t seed = 0;                  ///< of random streams that training does not use
    Index environments = 16;                 ///< stepped side by side, at least 1
    Index most_steps_per_episode = 100'000;  ///< an episode that has not ended by then is an error
    Index most_frames = 1000;  ///< of an episode, at least 2: of a longer one, every second, fourth, ... step is kept
    double seconds_per_step = 0;   ///< at which it is shown; 0: so that an episode lasts ten seconds, from 0.02 to 0.5
    std::string name = "episode";  ///< of what is shown, such as the environment's
};

namespace detail {

/// The episodes of one environment as they are played.
class Film {
public:
    explicit Film(Index most_frames) : most_frames_(static_cast<std::size_t>(most_frames)) {}

    template <HasRender E>
    void begin(const E& env) {
        if (episodes_.empty() || episodes_.back().length > 0) episodes_.emplace_back();
        stride_ = 1;
        shapes_ = 0;
        episodes_.back().frames.clear();
        take(env);
    }

    template <HasRender E>
    void add(const E& env, const Outcome& outcome) {
        RecordedEpisode& episode = episodes_.back();
        episode.reward_sum += outcome.reward;
        ++episode.length;
        episode.terminated = outcome.terminated;
        const auto& frames = episode.frames;
        while (frames.size() > 1 && (frames.size() >= most_frames_ || shapes_ >= most_shapes)) thin(episode.frames);
        const bool ends = outcome.terminated || outcome.truncated;
        if (ends || episode.length % stride_ == 0) take(env);
    }

    /// The first `count` episodes.
    std::vector<RecordedEpisode> release(Index count) {
        GRADIVA_ASSERT(count <= static_cast<Index>(episodes_.size()));
        episodes_.resize(static_cast<std::size_t>(count));
        return std::move(episodes_);
    }

private:
    static constexpr std::size_t most_shapes = 1'000'000;  // of an episode: about 100 MB

    template <class E>
    void take(const E& env) {
        RecordedEpisode& episode = episodes_.back();
        auto& frames = episode.frames;
        frames.push_back({.step = episode.length, .reward_sum = episode.reward_sum});
        env.render(frames.back().canvas);
        shapes_ += frames.back().canvas.shapes().size();
    }

    /// Leaves every second picture, the first among them.
    void thin(std::vector<RecordedFrame>& frames) {
        std::size_t kept = 0;
        shapes_ = 0;
        for (std::size_t i = 0; i < frames.size(); i += 2) {
            if (kept != i) frames[kept] = std::move(frames[i]);
            shapes_ += frames[kept++].canvas.shapes().size();
        }
        frames.resize(kept);
        stride_ *= 2;
    }

    std::size_t most_frames_;
    std::size_t shapes_ = 0;
    Index stride_ = 1;
    std::vector<RecordedEpisode> episodes_;
};

/// An environment whose states are filmed; the film must outlive it.
template <class E>
class Filmed : public Wrapper<E> {
public:
    Filmed(E env, Film& film) : Wrapper<E>(std::move(env)), film_(&film) {}

    void reset(Rng& rng, std::span<float> observation) {
        this->wrapped().reset(rng, observation);
        film_->begin(this->wrapped());
    }

    Outcome step(ActionOf<E> action, Rng& rng, std::span<float> observation) {
        const Outcome outcome = this->wrapped().step(action, rng, observation);
        film_->add(this->wrapped(), outcome);
        return outcome;
    }

private:
    Film* film_;
};

/// One sentence for what cannot be recorded, as a compile-time error.
template <class Source>
consteval bool explain_record() {
    using E = typename EnvMadeBy<Source>::Type;
    static_assert(!VectorEnv<Source>,
                  "gradiva: record_episodes plays in environments of its own: give it one environment, such as the "
                  "prototype of Vectorized(env, {.count = 8}), or a factory of them");
    if constexpr (!VectorEnv<Source> && is_env<E>) {
        static_assert(HasRender<E>,
                      "gradiva: record_episodes needs an environment that draws itself, by void render(Canvas&) const");
        return HasRender<E>;
    }
    return false;
}

inline void check_record_options(const RecordOptions& options) {
    require(options.episodes >= 1, "record_episodes: episodes is {}; give at least 1", options.episodes);
    require(options.environments >= 1, "record_episodes: environments is {}; give at least 1", options.environments);
    require(options.most_frames >= 2, "record_episodes: most_frames is {}; give at least 2", options.most_frames);
    require(std::isfinite(options.seconds_per_step) && options.seconds_per_step >= 0,
            "record_episodes: seconds_per_step is {}; give a finite number, or 0 for one that fits the episodes",
            options.seconds_per_step);
}

inline double pace(const RecordOptions& options, double mean_length) {
    return options.seconds_per_step > 0 ? options.seconds_per_step : std::clamp(10 / mean_length, 0.02, 0.5);
}

}  // namespace detail

/// Plays and draws episodes of the policy as `evaluate` with the same options plays them, in environments that have a
/// `render`: copies of a prototype, or what a factory `(Index) -> Env` makes. Up to `environments` episodes are the
/// first ones of as many environments, whatever the number of episodes. Throws `Error` where `evaluate` does, on
/// options out of range, and what `render` throws.
///
///   const Recording recording = record_episodes(actor, cart_pole, {.seed = 1, .name = "CartPole"});
///   write_html_player("cartpole.html", recording);
template <Policy P, class Source>
Recording record_episodes(const P& actor, const Source& source, const RecordOptions& options = {}) {
    Recording recording{.name = options.name};
    if constexpr (detail::explain_record<Source>()) {
        detail::check_record_options(options);
        const Index count = std::min(options.environments, options.episodes);
        std::vector<detail::Film> films(static_cast<std::size_t>(count), detail::Film(options.most_frames));
        const auto make = [&](Index i) {
            detail::Film& film = films[static_cast<std::size_t>(i)];
            if constexpr (EnvFactory<const Source>) {
                return detail::Filmed<typename EnvMadeBy<Source>::Type>(source(i), film);
            } else {
                return detail::Filmed<Source>(source, film);
            }
        };
        const Evaluation played = evaluate(actor, make,
                                           {.episodes = options.episodes,
                                            .greedy = options.greedy,
                                            .seed = options.seed,
                                            .environments = options.environments,
                                            .most_steps_per_episode = options.most_steps_per_episode});
        recording.seconds_per_step = detail::pace(options, played.mean_length);
        for (Index n = 0; n < count; ++n) {
            auto episodes = films[static_cast<std::size_t>(n)].release(piece(options.episodes, count, n).size());
            std::move(episodes.begin(), episodes.end(), std::back_inserter(recording.episodes));
        }
    }
    return recording;
}

/// The same of a policy out of a file, or what else gives a `Policy` by `with_actor`, such as `SavedPolicy`.
template <class S, class Source>
requires(!Policy<S> && requires(const S& saved) { saved.with_actor([](const auto&) { return 0; }); }) Recording
    record_episodes(const S& saved, const Source& source, const RecordOptions& options = {}) {
    return saved.with_actor([&](const auto& actor) { return record_episodes(actor, source, options); });
}

}  // namespace GRADIVA_NAMESPACE
