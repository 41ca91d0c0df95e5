// The file of another training: refused by the first difference, and nothing changes.
#include "catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <type_traits>
#include <vector>

#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/environments/pendulum.hpp"
#include "gradiva/io/checkpoint.hpp"
#include "helpers/temporary_folder.hpp"
#include "helpers/temporary_path.hpp"

using namespace gradiva;
using gradiva_test::read_text;
using gradiva_test::TemporaryPath;

namespace {

/// What one program may have otherwise than another.
struct Settings {
    Index count = 2, limit = 20;
    std::vector<Index> hidden = {4};
    bool normalize_observations = true, normalize_rewards = true;
    double gamma = 0.9, lambda = 0.95;
    double target_kl = 0;

    Mlp mlp() const { return {.hidden = hidden, .normalize_observations = normalize_observations}; }
};

/// Builds a program of `Options`, which names the trainer, and calls `use(trainer, actor)`.
template <class Options, class E, class Distribution, class Use>
void with_trainer(const E& env, const Settings& settings, Distribution distribution, const Use& use) {
    Vectorized envs(TimeLimit(env, settings.limit), {.count = settings.count, .seed = 1});
    Actor actor(envs, settings.mlp(), distribution);
    Critic critic(envs, settings.mlp());
    const Gae gae{.gamma = settings.gamma, .lambda = settings.lambda};
    const Options options{.horizon = 16,
                          .minibatch = 16,
                          .epochs = 1,
                          .target_kl = settings.target_kl,
                          .normalize_rewards = settings.normalize_rewards};
    if constexpr (std::is_same_v<Options, PpoKlOptions>) {
        PpoKl trainer(envs, actor, critic, gae, options);
        use(trainer, actor);
    } else {
        PpoClip trainer(envs, actor, critic, gae, options);
        use(trainer, actor);
    }
}

/// The file of a PpoClip on Pendulum with default `Settings`, and programs that meet it.
struct Saved {
    Saved() {
        with_trainer<PpoClipOptions>(Pendulum{}, {}, DiagonalGaussian<float>(1), [&](auto& trainer, auto&) {
            trainer.train({.steps = 96}, Checkpoint(path.text()));
        });
    }

    /// Expects the program to refuse the file because of `what`, to stay as it was, and to train on without the file.
    template <class Options = PpoClipOptions, class E = Pendulum, class Distribution = DiagonalGaussian<float>>
    void refused(const std::string& what, const Settings& settings, const E& env = {},
                 Distribution distribution = Distribution(1)) const {
        const std::string file = read_text(path.text());
        with_trainer<Options>(env, settings, distribution, [&](auto& trainer, auto& actor) {
            const StateImage before = image_of(trainer);
            const std::vector<float> weights(actor.weights().begin(), actor.weights().end());
            CHECK_THROWS_AS(trainer.train({.steps = 200}, Checkpoint(path.text())), Error);
            CHECK_THROWS_WITH(trainer.train({.steps = 200}, Checkpoint(path.text())),
                              ContainsText("Checkpoint '" + path.text() + "' (remove it to begin anew): " + what));
            CHECK(first_difference(before, image_of(trainer)).empty());
            CHECK(std::equal(weights.begin(), weights.end(), actor.weights().begin(), actor.weights().end()));
            CHECK((read_text(path.text()) == file));  // in two parentheses: a failure prints no bytes
            CHECK(!std::filesystem::exists(path.text() + ".partial"));
        });
    }

    TemporaryPath path{"run.safetensors"};
};

}  // namespace

TEST_CASE("a checkpoint of the same training is not refused") {
    const Saved saved;
    with_trainer<PpoClipOptions>(Pendulum{}, {}, DiagonalGaussian<float>(1), [&](auto& trainer, auto&) {
        CHECK(trainer.train({.steps = 96}, Checkpoint(saved.path.text())).steps == 96);
        CHECK(trainer.train({.steps = 96}, Checkpoint(saved.path.text())).steps == 96);
    });
}

TEST_CASE("a checkpoint of other environments is refused") {
    const Saved saved;
    SECTION("another space") {
        saved.refused("environments/observation_space/size is 3 where it was saved and 4 here", {}, CartPole{},
                      Categorical<float>(2));
    }
    SECTION("another limit in a wrapper") {
        saved.refused("environments/env/limit[0] is 20 where it was saved and 21 here", {.limit = 21});
    }
    SECTION("more of them") { saved.refused("environments/count is 2 where it was saved and 3 here", {.count = 3}); }
    SECTION("fewer") { saved.refused("environments/count is 2 where it was saved and 1 here", {.count = 1}); }
}

TEST_CASE("a checkpoint of other networks is refused") {
    const Saved saved;
    SECTION("another width") {
        saved.refused("actor/network/widths[1] is 4 where it was saved and 5 here", {.hidden = {5}});
    }
    SECTION("another depth") {
        saved.refused("actor/network/widths has 3 numbers where it was saved and 4 here", {.hidden = {4, 4}});
    }
    SECTION("observations that are not normalised") {
        saved.refused("actor/network/normalize_observations is true where it was saved and false here",
                      {.normalize_observations = false});
    }
    SECTION("another distribution") {
        saved.refused("actor/distribution/type is DiagonalGaussian where it was saved", {}, Pendulum{},
                      SquashedGaussian<float>(Pendulum{}.action_space()));
    }
}

TEST_CASE("a checkpoint of another trainer, or of one with other options, is refused") {
    const Saved saved;
    SECTION("another trainer") {
        saved.refused<PpoKlOptions>("loop/algorithm is PpoClip where it was saved and PpoKl here", {});
    }
    SECTION("rewards that are not normalised") {
        saved.refused("options/normalize_rewards is true where it was saved and false here",
                      {.normalize_rewards = false});
    }
    SECTION("gamma") { saved.refused("advantage/gamma is 0.9 where it was saved and 0.91 here", {.gamma = 0.91}); }
    SECTION("lambda") { saved.refused("advantage/lambda is 0.95 where it was saved and 0.94 here", {.lambda = 0.94}); }
    SECTION("an option of the update") {
        saved.refused("update/options/target_kl is 0 where it was saved and 0.01 here", {.target_kl = 0.01});
    }
}
