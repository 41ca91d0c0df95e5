// A training with memory goes on after an exception: from states of zeros where the environments start anew, and where
// they do not, from where they stand.
#include <atomic>
#include <exception>
#include <limits>
#include <span>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/rollout/reweigh.hpp"
#include "helpers/breaking.hpp"
#include "helpers/leaky_network.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using What = Breakage::What;

constexpr Index count = 7, horizon = 6, samples = count * horizon;

enum class Step { usual, endless, none };

/// Plain descent; which steps it makes is said from outside.
std::atomic<Step> descent = Step::usual;

struct Descent {
    template <class Scalar>
    void step(std::span<Scalar> weights, std::span<const Scalar> gradient, double learning_rate) const {
        const double rate = descent == Step::usual ? learning_rate : std::numeric_limits<double>::infinity();
        if (descent == Step::none) return;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            weights[i] -= static_cast<Scalar>(rate * static_cast<double>(gradient[i]));
        }
    }
};

const PpoClipOptions options{
    .horizon = horizon, .minibatch = samples, .epochs = 1, .learning_rate = 0.3, .sequence = 4};

auto environments(const std::vector<Breakage>& breakages = {}) {
    return Vectorized(breaking(Wanderer{}, breakages), {.count = count, .seed = 3});
}

/// The states before the first step of each environment.
Matrix<float> first_states(const MatrixBuffer<float>& states) { return states.columns({0, count}); }

}  // namespace

TEST_CASE("after an environment has thrown, a training with memory goes on from states of zeros", "[threads]") {
    const std::vector<std::vector<Breakage>> plans = {
        {{What::throws_breakdown, 5, 8}},
        {{What::throws_error, -1, 15}},
        {{What::throws_in_reset, 2, 2}},
        {{What::not_finite, 1, 9}, {What::infinite_reward, 0, 20}},
    };
    for (const Index threads : {1, 2}) {
        for (std::size_t plan = 0; plan < plans.size(); ++plan) {
            CAPTURE(threads, plan);
            auto envs = environments(plans[plan]);
            Actor actor(envs, Leaky{4});
            Critic critic(envs, Leaky{3});
            PpoClipOptions with_threads = options;
            with_threads.threads = threads;
            PpoClip trainer(envs, actor, critic, Gae{}, with_threads);
            Threads pool;
            bool starts = true;
            Index caught = 0, after = 0, carried = 0;
            for (int iteration = 0; iteration < 12; ++iteration) {
                CAPTURE(iteration);
                const auto acted = actor;  // the policy and the critic before the update
                const auto valued = critic;
                Progress progress;
                try {
                    progress = trainer.train({.steps = 1});
                } catch (...) {
                    ++caught;
                    starts = true;
                    continue;
                }
                CHECK(progress.update.approximate_kl == 0);  // every ratio is 1
                CHECK(progress.update.clip_fraction == 0);
                Rollout<float> rollout = trainer.rollout();
                CHECK(Reweigher(acted, pool)(rollout).kl == 0);
                const bool zeros =
                    first_states(rollout.actor_state).isZero(0) && first_states(rollout.critic_state).isZero(0);
                CHECK(zeros == starts);
                if (starts) {
                    const Matrix<float> observation = rollout.observation.columns({0, count});
                    decltype(critic)::Tape tape;
                    CarriedStates<float> states(critic.state_size(), {0, count});
                    CHECK(valued.forward(observation, states.one_step({0, count}), tape) ==
                          rollout.value.matrix().col(0));
                    after += iteration > 0;
                }
                carried += !zeros;
                starts = false;
            }
            CHECK(caught > 0);
            CHECK(after > 0);
            CHECK(carried > 3);
        }
    }
}

TEST_CASE("after an update has thrown, a training with memory goes on as if it had not been") {
    const auto rollouts = [](bool throws) {
        auto envs = environments();
        Actor actor(envs, Leaky{4});
        Critic critic(envs, Leaky{3});
        PpoClip trainer(envs, actor, critic, Gae{}, options, Descent{});
        std::vector<Rollout<float>> all;
        for (int iteration = 0; iteration < 5; ++iteration) {
            const bool fails = throws && (iteration == 1 || iteration == 2);
            descent = fails ? Step::endless : Step::none;
            const std::vector<float> before(actor.weights().begin(), actor.weights().end());
            if (fails) {
                CHECK_THROWS_AS(trainer.train({.steps = 1}), Error);
                CHECK(std::equal(before.begin(), before.end(), actor.weights().begin()));
            } else {
                const Progress progress = trainer.train({.steps = 1});
                CHECK(progress.update.approximate_kl == 0);
            }
            all.push_back(trainer.rollout());
        }
        descent = Step::usual;
        CHECK(trainer.train({.steps = 1}).update.approximate_kl == 0);
        all.push_back(trainer.rollout());
        return all;
    };
    const auto failed = rollouts(true), usual = rollouts(false);
    REQUIRE(failed.size() == usual.size());
    for (std::size_t i = 0; i < failed.size(); ++i) {
        CAPTURE(i);
        CHECK(failed[i].observation.matrix() == usual[i].observation.matrix());
        CHECK(failed[i].log_prob.matrix() == usual[i].log_prob.matrix());
        CHECK(failed[i].value.matrix() == usual[i].value.matrix());
        CHECK(failed[i].actor_state.matrix() == usual[i].actor_state.matrix());
        CHECK(failed[i].critic_state.matrix() == usual[i].critic_state.matrix());
        if (i > 0) CHECK_FALSE(first_states(failed[i].actor_state).isZero(0));
    }
}
