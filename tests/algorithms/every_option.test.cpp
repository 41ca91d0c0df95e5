// Every option of every trainer takes effect: with another value the training differs, in what the option is meant to
// change.
#include "algorithms/option_rows.hpp"

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/algorithms/analytic_policy_gradient.hpp"
#include "gradiva/algorithms/off_policy.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/q_lambda.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/pendulum.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;
using Catch::Approx;

namespace {

constexpr Index count = 4;

/// Environments, actor and critic for one training.
struct Parts {
    Vectorized<Wanderer> envs{Wanderer{}, {.count = count, .seed = 5}};
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, Mlp{.hidden = {4}}};
    Critic<MlpNetwork<float>> critic{envs, Mlp{.hidden = {4}}};
    RecordingAdam adam;
};

/// Trains with a trainer of actor and critic: `make(parts, options)` gives it.
template <class Make>
auto with_critic(const Make& make) {
    return [=](const auto& options) {
        Parts p;
        return follow(make(p, options), p.adam, p.actor, &p.critic);
    };
}

/// What an update is called with, put together by hand.
struct ByHand : Parts {
    Threads threads;
    Rollout<float> rollout{envs, actor};

    ByHand() {
        Collector(envs, actor, threads).steps(rollout, 10);
        Estimator(critic, threads)(rollout, Gae{});
    }
};

// Nothing is clipped where nothing is said: a joint norm above 0 keeps the order of steps.
constexpr double no_limit = 1e6;

/// Of both forms of PPO, beside 10 steps of each environment, minibatches of 20 and 3 epochs.
template <class Options>
std::array<OptionRow<Options>, 13> ppo_rows() {
    const auto shared = actor_critic_rows<Options>();
    return {{
        GRADIVA_OPTION(horizon, 7, collects(7 * count)),
        GRADIVA_OPTION(minibatch, 10, takes_steps(2 * 3 * 4)),
        GRADIVA_OPTION(epochs, 4, takes_steps(2 * 4 * 2)),
        GRADIVA_OPTION(value_clip, 1e-3, critic_alone),
        GRADIVA_OPTION(target_kl, 1e-9, takes_steps(2 * 1)),
        GRADIVA_OPTION(normalize_advantage, false, actor_alone),
        shared[0],
        shared[1],
        shared[2],
        shared[3],
        shared[4],
        shared[5],
        shared[6],
    }};
}

}  // namespace

TEST_CASE("every option of PpoClip takes effect", "[threads]") {
    check_every_option<PpoClipOptions>(
        {.horizon = 10, .minibatch = 20, .epochs = 3, .learning_rate = 1e-2, .max_gradient_norm = no_limit},
        {
            GRADIVA_OPTION(clip, 1e-5,
                           [](const Trail& before, const Trail& after) {
                               actor_alone(before, after);
                               CHECK(before.reports[0].update.clip_fraction < 0.3);
                               CHECK(after.reports[0].update.clip_fraction > 0.7);
                           }),
        },
        with_critic(
            [](Parts& p, const auto& options) { return PpoClip(p.envs, p.actor, p.critic, Gae{}, options, p.adam); }),
        ppo_rows<PpoClipOptions>());
}

TEST_CASE("every option of PpoKl takes effect", "[threads]") {
    check_every_option<PpoKlOptions>(
        // Mean KLs lie between the bounds: beta stays.
        {.target = 1,
         .kl_low = 1e-9,
         .horizon = 10,
         .minibatch = 20,
         .epochs = 3,
         .learning_rate = 1e-2,
         .max_gradient_norm = no_limit},
        {
            GRADIVA_OPTION(target, 1e-8, multiplies_beta(2)),
            GRADIVA_OPTION(kl_high, 1e-8, multiplies_beta(2)),
            GRADIVA_OPTION(kl_low, 1.0, multiplies_beta(0.5)),
            GRADIVA_OPTION(beta, 4.0,
                           [](const Trail& before, const Trail& after) {
                               actor_alone(before, after);
                               CHECK(after.reports[0].update.kl_coefficient == 4);
                               multiplies_beta(1)(before, after);
                           }),
        },
        with_critic(
            [](Parts& p, const auto& options) { return PpoKl(p.envs, p.actor, p.critic, Gae{}, options, p.adam); }),
        ppo_rows<PpoKlOptions>());
}

TEST_CASE("every option of A2c takes effect", "[threads]") {
    check_every_option<A2cOptions>({.horizon = 10, .learning_rate = 5e-2, .max_gradient_norm = no_limit},
                                   {
                                       GRADIVA_OPTION(horizon, 30, collects_for_one_step(30 * count)),
                                       GRADIVA_OPTION(normalize_advantage, true, actor_alone),
                                   },
                                   with_critic([](Parts& p, const auto& options) {
                                       return A2c(p.envs, p.actor, p.critic, Gae{}, options, p.adam);
                                   }),
                                   actor_critic_rows<A2cOptions>());
}

TEST_CASE("every option of Trpo takes effect", "[threads]") {
    const auto train = with_critic(
        [](Parts& p, const auto& options) { return Trpo(p.envs, p.actor, p.critic, Gae{}, options, p.adam); });
    // So far that some trial steps are turned down.
    const TrpoOptions base{.delta = 0.1, .damping = 1e-3, .horizon = 10, .minibatch = 20, .critic_epochs = 3};
    const auto rejects = [](const Progress& report) { return report.update.rejected_steps > 0; };
    check_every_option<TrpoOptions>(
        base,
        {
            GRADIVA_OPTION(delta, 1e-4,
                           [](const Trail& before, const Trail& after) {
                               actor_alone(before, after);
                               for (const Progress& report : before.reports) CHECK(report.update.mean_kl > 1e-4);
                               for (const Progress& report : after.reports) CHECK(report.update.mean_kl <= 1e-4);
                           }),
            GRADIVA_OPTION(damping, 100.0,
                           [](const Trail& before, const Trail& after) {
                               actor_alone(before, after);
                               CHECK(after.reports[0].update.mean_kl < 0.1 * before.reports[0].update.mean_kl);
                           }),
            GRADIVA_OPTION(horizon, 7, collects(7 * count)),
            GRADIVA_OPTION(minibatch, 10, takes_steps(3 * 4)),
            GRADIVA_OPTION(critic_epochs, 4, takes_steps(4 * 2)),
            GRADIVA_OPTION(critic_learning_rate, 0.125, reports_rate(0.125)),
            GRADIVA_OPTION(conjugate_iterations, 1, actor_alone),
            GRADIVA_OPTION(backtracks, 1,
                           [&](const Trail& before, const Trail& after) {
                               CHECK(std::any_of(before.reports.begin(), before.reports.end(), rejects));
                               CHECK(std::any_of(after.reports.begin(), after.reports.end(), rejects));
                               for (const Progress& report : after.reports) {
                                   CHECK(report.update.step_fraction == (rejects(report) ? 0 : 1));
                                   CHECK(report.update.rejected_steps <= 1);
                               }
                           }),
            GRADIVA_OPTION(backtrack_factor, 0.25,
                           [&](const Trail&, const Trail& after) {
                               for (const Progress& report : after.reports) {
                                   CHECK(report.update.step_fraction == std::pow(0.25, report.update.rejected_steps));
                               }
                               CHECK(std::any_of(after.reports.begin(), after.reports.end(), rejects));
                           }),
            GRADIVA_OPTION(normalize_advantage, false, actor_alone),
            GRADIVA_OPTION(normalize_rewards, true, other_targets),
            GRADIVA_OPTION(sequence, 3, without_memory_nothing, false),
            GRADIVA_OPTION(threads, 8, runs_threads(8), false),
        },
        train);
}

TEST_CASE("every option of Reinforce takes effect", "[threads]") {
    const ReinforceOptions base{.episodes = 2, .learning_rate = 5e-2, .max_gradient_norm = no_limit};
    // Whole rollouts of some 160 samples, each for one step.
    const auto plays = [](std::size_t steps) {
        return [=](const Trail&, const Trail& after) {
            CHECK(after.reports[0].episodes == 8 * count);
            CHECK(after.reports[1].episodes == 16 * count);
            CHECK(after.first_steps == steps);
        };
    };
    SECTION("with a critic") {
        check_every_option<ReinforceOptions>(
            base,
            {
                GRADIVA_OPTION(episodes, 8, plays(2)),
                GRADIVA_OPTION(normalize_advantage, true, actor_alone),
            },
            with_critic([](Parts& p, const auto& options) {
                return Reinforce(p.envs, p.actor, p.critic, RewardToGo{.baseline = Baseline::critic}, options, p.adam);
            }),
            actor_critic_rows<ReinforceOptions>());
    }
    SECTION("without a critic") {
        check_every_option<ReinforceOptions>(
            base,
            {
                GRADIVA_OPTION(episodes, 8, plays(1)),
                GRADIVA_OPTION(learning_rate, 0.125, reports_rate(0.125)),
                GRADIVA_OPTION(entropy, 30.0, more_entropy),
                GRADIVA_OPTION(
                    value_coefficient, 2.0, [](const Trail&, const Trail&) {}, false),  // without a critic
                GRADIVA_OPTION(max_gradient_norm, 1e-3, limits_norm(1e-3, false)),
                GRADIVA_OPTION(normalize_advantage, true, actor_alone),
                GRADIVA_OPTION(normalize_rewards, true, other_targets),
                GRADIVA_OPTION(sequence, 3, without_memory_nothing, false),
                GRADIVA_OPTION(threads, 8, runs_threads(8), false),
            },
            [](const auto& options) {
                Parts p;
                return follow(
                    Reinforce(p.envs, p.actor, RewardToGo{.baseline = Baseline::mean_of_others}, options, p.adam),
                    p.adam, p.actor, no_critic);
            });
    }
}

TEST_CASE("every option of OffPolicy takes effect", "[threads]") {
    const auto learns_from = [](Index iteration) {
        return [=](const Trail&, const Trail& after) {
            for (const Progress& report : after.reports) {
                CHECK(std::isnan(report.update.value_loss) == (report.iteration < iteration));
            }
        };
    };
    check_every_option<OffPolicyOptions>(
        {.horizon = 10, .store = 4, .age = 1, .learning_rate = 5e-2, .max_gradient_norm = no_limit},
        {
            GRADIVA_OPTION(horizon, 30, collects_for_one_step(30 * count)),
            // With fewer there would be none so old.
            {"store", [](auto& options) { options.store = 6, options.age = 5; }, learns_from(6)},
            GRADIVA_OPTION(age, 2, learns_from(3)),
            GRADIVA_OPTION(replays, 3,
                           [](const Trail& before, const Trail& after) {
                               CHECK(before.steps.gradients.size() == 2 * 7);
                               CHECK(after.steps.gradients.size() == 2 * (1 + 2 + 3 * 5));
                           }),
            GRADIVA_OPTION(max_kl, 1e-12,
                           [](const Trail& before, const Trail& after) {
                               const auto leaves_out = [](const Progress& report) {
                                   return report.update.left_out == 1;
                               };
                               CHECK(std::none_of(before.reports.begin(), before.reports.end(), leaves_out));
                               CHECK(std::any_of(after.reports.begin(), after.reports.end(), leaves_out));
                           }),
            GRADIVA_OPTION(normalize_advantage, true, actor_alone),
        },
        with_critic([](Parts& p, const auto& options) {
            return OffPolicy(p.envs, p.actor, p.critic, VTrace{}, options, p.adam);
        }),
        actor_critic_rows<OffPolicyOptions>());
}

TEST_CASE("every option of QLambda takes effect", "[threads]") {
    const auto targets_are = [](double gamma) {
        return [=](const Trail& before, const Trail& after) {
            other_targets(before, after);
            for (std::size_t i = 0; i < after.reward.size(); ++i) {
                const double one_step = after.reward[i] + gamma * after.next_value[i];
                CHECK(after.value_target[i] == Approx(one_step).epsilon(1e-5));
            }
        };
    };
    check_every_option<QLambdaOptions>(
        {.horizon = 10, .minibatch = 20, .learning_rate = 1e-2, .epsilon = 0.5, .max_gradient_norm = no_limit},
        {
            GRADIVA_OPTION(horizon, 7, collects(7 * count)),
            GRADIVA_OPTION(minibatch, 10, takes_steps(2 * 4)),
            GRADIVA_OPTION(epochs, 4, takes_steps(4 * 2)),
            GRADIVA_OPTION(learning_rate, 0.125, reports_rate(0.125)),
            GRADIVA_OPTION(epsilon, 0.25, [](const Trail&, const Trail& after) { CHECK(after.epsilon == 0.25); }),
            GRADIVA_OPTION(gamma, 0, targets_are(0)),
            GRADIVA_OPTION(lambda, 0, targets_are(0.99)),
            GRADIVA_OPTION(max_gradient_norm, 1e-3, limits_norm(1e-3, false)),
            GRADIVA_OPTION(normalize_rewards, true, other_targets),
            GRADIVA_OPTION(sequence, 3, without_memory_nothing, false),
            GRADIVA_OPTION(threads, 8, runs_threads(8), false),
        },
        [](const auto& options) {
            Parts p;
            Actor actor(p.envs, Mlp{.hidden = {4}}, EpsilonGreedy<float>(3));
            return follow(QLambda(p.envs, actor, options, p.adam), p.adam, actor, no_critic);
        });
}

TEST_CASE("every option of AnalyticPolicyGradient takes effect", "[threads]") {
    check_every_option<AnalyticOptions>(
        {.horizon = 10, .episode = 80, .learning_rate = 1e-2, .max_gradient_norm = no_limit},
        {
            GRADIVA_OPTION(horizon, 40, collects(40 * count)),
            GRADIVA_OPTION(episode, 10,
                           [](const Trail& before, const Trail& after) {
                               CHECK(before.reports.back().mean_length == 80);
                               CHECK(after.reports.back().mean_length == 10);
                           }),
            GRADIVA_OPTION(gamma, 0.5,
                           [](const Trail& before, const Trail& after) {
                               actor_alone(before, after);
                               CHECK(after.reports[0].update.surrogate_loss < before.reports[0].update.surrogate_loss);
                               CHECK(after.reports[0].update.entropy == before.reports[0].update.entropy);
                           }),
            GRADIVA_OPTION(sample, false,
                           [](const Trail& before, const Trail& after) {
                               CHECK(actor_gradient(before).back() != 0);  // by the logarithm of sigma
                               CHECK(actor_gradient(after).back() == 0);
                           }),
            GRADIVA_OPTION(learning_rate, 0.125, reports_rate(0.125)),
            GRADIVA_OPTION(max_gradient_norm, 1e-3, limits_norm(1e-3, false)),
            GRADIVA_OPTION(threads, 8, runs_threads(8), false),
        },
        [](const auto& options) {
            Vectorized envs(TimeLimit(Pendulum{}, 80), {.count = count, .seed = 5});
            Actor actor(envs, Mlp{.hidden = {4}});
            const RecordingAdam adam;
            return follow(AnalyticPolicyGradient(envs, actor, options, adam), adam, actor, no_critic);
        });
}

TEST_CASE("updates called without progress use the beginning of their schedules") {
    const Schedule falling = Linear{0.5, 0};
    ByHand p;
    Updater update(p.actor, p.critic, Clip{}, p.adam, UpdateOptions{.learning_rate = falling}, p.threads, 1);
    CHECK(update(p.rollout).learning_rate == 0.5);

    Actor values(p.envs, Mlp{.hidden = {4}}, EpsilonGreedy<float>(3));
    QUpdate update_values(values, p.adam, QLambdaOptions{.learning_rate = falling}, p.threads, 1);
    CHECK(update_values(p.rollout).learning_rate == 0.5);

    Vectorized pendulums(Pendulum{}, {.count = 2});
    Actor swing(pendulums, Mlp{.hidden = {4}});
    AnalyticUpdate update_swing(std::vector<Pendulum>(2), swing, p.adam, AnalyticOptions{.learning_rate = falling},
                                p.threads, 1);
    CHECK(update_swing().learning_rate == 0.5);
}

TEST_CASE("errors of a trainer's parts begin with the name that they were given") {
    ByHand p;
    p.rollout.head_size = 0;
    const std::string heads = "Mine: the rollout has heads of 0 numbers, the actor of 3";
    Updater update(p.actor, p.critic, KlPenalty{}, p.adam, UpdateOptions{.name = "Mine"}, p.threads, 1);
    CHECK_THROWS_WITH(update(p.rollout), ContainsText(heads));
    TrustRegion region(p.actor, TrustRegionOptions{.name = "Mine"}, p.threads);
    CHECK_THROWS_WITH(region(p.rollout), ContainsText(heads));
    const TrpoOptions nothing{.minibatch = 0};
    CHECK_THROWS_WITH(TrpoUpdate(p.actor, p.critic, p.adam, nothing, p.threads, 1),
                      ContainsText("Trpo: minibatch is 0"));

    Vectorized pendulums(Pendulum{}, {.count = 2});
    const auto differentiate = [&](std::size_t models, const auto& actor) {
        using Gradient = AnalyticGradient<Pendulum, std::remove_cvref_t<decltype(actor)>>;
        Gradient(std::vector<Pendulum>(models), actor, {.name = "Mine"}, p.threads, 1);
    };
    const Actor swing(pendulums, Mlp{.hidden = {4}}), normalised(pendulums, Mlp{.normalize_observations = true});
    CHECK_THROWS_WITH(differentiate(0, swing), "Mine: there are 0 environments; give at least 1");
    CHECK_THROWS_WITH(differentiate(2, normalised), ContainsText("Mine: the actor normalises observations"));
}
