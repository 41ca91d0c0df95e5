// Trainings that are saved and go on in other objects, compared with those that go on themselves.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/train/progress.hpp"

namespace gradiva_test {

using gradiva::Index;

/// Environments, actor, critic and trainer of any type.
class AnyTraining {
public:
    virtual ~AnyTraining() = default;
    virtual void train(Index iterations) = 0;
    /// Environments, sums of rewards and lengths of the episodes that ended in the last rollout.
    virtual std::vector<double> finished() const = 0;
    virtual gradiva::StateImage image(gradiva::Episodes episodes = gradiva::Episodes::kept) = 0;
    virtual void restore(const gradiva::StateImage& image, gradiva::Episodes episodes = gradiva::Episodes::kept) = 0;
};

/// Makes a training with so many threads; where `other`, its first weights are others.
using MakeTraining = std::function<std::unique_ptr<AnyTraining>(Index threads, bool other)>;

template <class MakeEnvs, class MakeActor, class MakeCritic, class MakeTrainer>
class Training final : public AnyTraining {
public:
    Training(const MakeEnvs& envs, const MakeActor& actor, const MakeCritic& critic, const MakeTrainer& trainer,
             Index threads, bool other)
        : envs_(envs()), actor_(actor(envs_)), critic_(critic(envs_, actor_)), trainer_(make(trainer, threads, other)) {
    }

    void train(Index iterations) override {
        if (iterations == 0) return;
        Index left = iterations;
        trainer_.train({.steps = 1'000'000}, [&](const gradiva::Progress&) { return --left > 0; });
    }
    std::vector<double> finished() const override {
        std::vector<double> numbers;
        if constexpr (requires { trainer_.rollout(); }) {
            for (const gradiva::FinishedEpisode& episode : trainer_.rollout().finished) {
                const auto environment = static_cast<double>(episode.environment);
                numbers.insert(numbers.end(), {environment, episode.reward_sum, static_cast<double>(episode.length)});
            }
        }
        return numbers;
    }
    gradiva::StateImage image(gradiva::Episodes episodes) override { return gradiva::image_of(trainer_, episodes); }
    void restore(const gradiva::StateImage& image, gradiva::Episodes episodes) override {
        gradiva::restore("test", image, trainer_, episodes);
    }

private:
    using Envs = std::invoke_result_t<MakeEnvs>;
    using Actor = std::invoke_result_t<MakeActor, Envs&>;
    using Critic = std::invoke_result_t<MakeCritic, Envs&, Actor&>;

    auto make(const MakeTrainer& trainer, Index threads, bool other) {
        if (other) {
            for (auto& w : actor_.weights()) w += 1;
            for (auto& w : critic_.weights()) w += 1;
        }
        return trainer(envs_, actor_, critic_, threads);
    }

    Envs envs_;
    Actor actor_;
    Critic critic_;
    std::invoke_result_t<MakeTrainer, Envs&, Actor&, Critic&, Index> trainer_;
};

/// A function that builds a training by these: `envs()`, `actor(envs)`, `critic(envs, actor)` and `trainer(envs, actor,
/// critic, threads)`.
template <class MakeEnvs, class MakeActor, class MakeCritic, class MakeTrainer>
MakeTraining training(MakeEnvs envs, MakeActor actor, MakeCritic critic, MakeTrainer trainer) {
    return [=](Index threads, bool other) -> std::unique_ptr<AnyTraining> {
        return std::make_unique<Training<MakeEnvs, MakeActor, MakeCritic, MakeTrainer>>(envs, actor, critic, trainer,
                                                                                        threads, other);
    };
}

inline constexpr auto without_critic = [](auto&, auto&) { return gradiva::NoCritic{}; };

/// The path that an `Error` of `restore` names first; empty where it throws none.
template <class Restore>
std::string path_refused_by(const Restore& restore) {
    try {
        restore();
    } catch (const gradiva::Error& error) {
        const std::string text = error.what();
        constexpr std::size_t begin = 6;  // after "test: "
        return text.substr(begin, text.find(' ', begin) - begin);
    }
    return {};
}

/// The path for which the second cannot be restored from what the first shows.
template <gradiva::HasVisitState Part>
std::string refused(Part saved, Part here) {
    return path_refused_by([&] { gradiva::restore("test", gradiva::image_of(saved), here); });
}
inline std::string refused(const MakeTraining& saved, const MakeTraining& here) {
    return path_refused_by([&] { here(1, false)->restore(saved(1, false)->image()); });
}

/// Checks that a training which was saved after some iterations goes on in other objects, new ones and such that were
/// trained before, with any number of threads, as it does itself.
inline void check_resumption(const MakeTraining& make) {
    constexpr Index more = 4;
    for (const Index iterations : {0, 1, 5}) {
        const auto whole = make(1, false);
        whole->train(iterations);
        const gradiva::StateImage saved = whole->image();
        whole->train(more);
        const gradiva::StateImage expected = whole->image();
        for (const Index threads : {1, 2, 4}) {
            INFO(iterations << " iterations, then " << more << " with " << threads << " threads");
            const auto resumed = make(threads, true);
            if (threads == 2) resumed->train(2);
            resumed->restore(saved);
            CHECK(first_difference(saved, resumed->image()).empty());
            resumed->train(more);
            CHECK(resumed->finished() == whole->finished());
            CHECK(first_difference(expected, resumed->image()) == "");
        }
    }
}

}  // namespace gradiva_test
