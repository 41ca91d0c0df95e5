#include "gradiva/algorithms/ppo.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/optim/rmsprop.hpp"
#include "gradiva/optim/sgd.hpp"
#include "gradiva/policy/critic.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

struct Parts {
    Vectorized<Wanderer> envs{Wanderer{}, {.count = 4, .seed = 5}};
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {8}}};
    Critic<MlpNetwork<float>> critic{envs, {.hidden = {8}}};
};

std::vector<Progress> kl_run(PpoKlOptions options) {
    Parts p;
    options.horizon = 64;
    std::vector<Progress> seen;
    PpoKl trainer(p.envs, p.actor, p.critic, Gae{}, options);
    trainer.train({.steps = 8 * 256}, [&](const Progress& progress) { seen.push_back(progress); });
    REQUIRE(seen.size() == 8);
    return seen;
}

}  // namespace

TEST_CASE("the penalty of PPO-KL decreases while the KL is below its target") {
    const auto seen = kl_run({.learning_rate = 1e-7});
    for (std::size_t i = 0; i < seen.size(); ++i) {
        CHECK(seen[i].update.kl_coefficient == std::pow(0.5, i));
        CHECK(seen[i].update.mean_kl < 0.01 / 1.5);
    }
}

TEST_CASE("the penalty of PPO-KL increases while the KL is above its target") {
    const auto seen = kl_run({.target = 1e-9, .learning_rate = 1e-2});
    for (std::size_t i = 0; i < seen.size(); ++i) {
        CHECK(seen[i].update.kl_coefficient == std::pow(2, i));
        CHECK(seen[i].update.mean_kl > 1.5e-9);
    }
}

TEST_CASE("the penalty of PPO-KL follows the reported KL") {
    const auto seen = kl_run({.target = 0.01, .learning_rate = 3e-3});
    for (std::size_t i = 0; i + 1 < seen.size(); ++i) {
        const double kl = seen[i].update.mean_kl;
        const double factor = kl > 0.015 ? 2 : kl < 0.01 / 1.5 ? 0.5 : 1;
        CHECK(seen[i + 1].update.kl_coefficient == factor * seen[i].update.kl_coefficient);
    }
}

TEST_CASE("PPO-clip reports no penalty and PPO-KL no clipping") {
    Parts p;
    PpoClip trainer(p.envs, p.actor, p.critic, Gae{}, {.clip = 0.01, .learning_rate = 1e-2});
    const Progress clip = trainer.train({.steps = 1});
    CHECK(std::isnan(clip.update.kl_coefficient));
    CHECK(std::isnan(clip.update.mean_kl));
    CHECK(clip.update.clip_fraction > 0);
    CHECK(clip.update.entropy > 0);
    CHECK(clip.update.gradient_norm > 0);
    CHECK(std::isnan(kl_run({}).back().update.clip_fraction));
}

TEST_CASE("the optimiser is a trailing argument") {
    Parts p;
    PpoClip with_sgd(p.envs, p.actor, p.critic, Gae{}, {}, Sgd<float>{});
    PpoKl with_rmsprop(p.envs, p.actor, p.critic, Gae{}, {}, Rmsprop<float>{});
    const auto moved_by = [&](auto& trainer) {
        const std::vector<float> before(p.actor.weights().begin(), p.actor.weights().end());
        trainer.train({.steps = 1});
        float most = 0;
        for (std::size_t i = 0; i < before.size(); ++i)
            most = std::max(most, std::abs(p.actor.weights()[i] - before[i]));
        return most;
    };
    const float by_sgd = moved_by(with_sgd), by_rmsprop = moved_by(with_rmsprop);
    CHECK(by_sgd > 0);
    CHECK(by_rmsprop > 10 * by_sgd);  // its first steps do not depend on the size of the gradient
}

TEST_CASE("PPO trains networks of doubles as well") {
    Vectorized envs(Wanderer{}, {.count = 4});
    Actor actor(envs, Mlp{.hidden = {8}}, Categorical<double>(3));
    Critic<MlpNetwork<double>> critic(envs, {.hidden = {8}});
    const std::vector<double> actors(actor.weights().begin(), actor.weights().end());
    const std::vector<double> critics(critic.weights().begin(), critic.weights().end());
    PpoClip trainer(envs, actor, critic, Gae{});
    CHECK(trainer.train({.steps = 1}).steps == 512);
    CHECK_FALSE(std::equal(actors.begin(), actors.end(), actor.weights().begin()));
    CHECK_FALSE(std::equal(critics.begin(), critics.end(), critic.weights().begin()));
}
