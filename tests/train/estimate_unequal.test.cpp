// Environments with unequal numbers of samples: each gets what it gets alone.
#include <cmath>
#include <set>
#include <string>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/importance_sampling.hpp"
#include "gradiva/advantage/n_step.hpp"
#include "gradiva/advantage/q_returns.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/learn/value_regression.hpp"
#include "gradiva/optim/sgd.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/rollout/minibatches.hpp"
#include "gradiva/rollout/reweigh.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/train/estimate.hpp"
#include "gradiva/train/observation_statistics.hpp"
#include "gradiva/train/reward_normalizer.hpp"
#include "helpers/largest.hpp"
#include "rollout/unequal_columns.hpp"

using namespace gradiva;
using namespace gradiva_test;
using Catch::Approx;

namespace {

template <class Scalar>
constexpr double tolerance = std::is_same_v<Scalar, float> ? 2e-5 : 1e-12;

template <class Scalar>
auto make_critic(bool normalises = false) {
    Critic critic(MlpNetwork<Scalar>(3, 1, {.hidden = {5}, .normalize_observations = normalises}, Rng(2)));
    for (Scalar& w : critic.weights()) w += static_cast<Scalar>(0.3);
    return critic;
}

template <class Scalar>
auto make_actor() {
    return Actor(MlpNetwork<Scalar>(3, 3, {.hidden = {5}}, Rng(3), 1), Categorical<Scalar>(3));
}

/// The largest difference of any number that `estimate` fills, over the samples, as a share of max(1, |x|).
template <class Scalar>
double difference(const Rollout<Scalar>& beside, Index n, const Rollout<Scalar>& alone) {
    double worst = 0;
    const auto compare = [&](Scalar a, Scalar b) {
        const auto x = static_cast<double>(a), y = static_cast<double>(b);
        const double error = std::abs(x - y) / std::max(1.0, std::abs(y));
        worst = largest_of(worst, error);
    };
    for (Index t = 0; t < alone.length[0]; ++t) {
        compare(beside.value(n, t), alone.value(0, t));
        compare(beside.next_value(n, t), alone.next_value(0, t));
        compare(beside.advantage(n, t), alone.advantage(0, t));
        compare(beside.value_target(n, t), alone.value_target(0, t));
        compare(beside.log_ratio(n, t), alone.log_ratio(0, t));
    }
    return worst;
}

template <class Scalar, class C, class A>
void check_column_by_column(const std::string& name, const C& critic, const A& advantage, bool whole_episodes) {
    const std::vector<Columns> cases = whole_episodes ? unequal_episodes() : unequal_columns();
    for (std::size_t i = 0; i < cases.size(); ++i) {
        for (const Index thread_count : {1, 2}) {
            INFO(name << ", case " << i << ", " << thread_count << " threads");
            Threads threads(thread_count);
            Estimator estimate(critic, threads);
            Rollout<Scalar> beside = rollout_of<Scalar>(cases[i]);
            beside.whole_episodes = whole_episodes;
            estimate(beside, advantage);
            for (Index n = 0; n < beside.environments; ++n) {
                Rollout<Scalar> alone = column_alone<Scalar>(cases[i], n);
                alone.whole_episodes = whole_episodes;
                estimate(alone, advantage);
                CAPTURE(n);
                CHECK(difference(beside, n, alone) < tolerance<Scalar>);
            }
        }
    }
}

/// The change of weights by one step of plain gradient descent on a whole rollout.
template <class Scalar, class Update>
Vector<double> change(std::span<const Scalar> weights, const Update& update) {
    const auto now = [&] {
        return Vector<double>(
            ConstVectorMap<Scalar>(weights.data(), static_cast<Index>(weights.size())).template cast<double>());
    };
    const Vector<double> before = now();
    update();
    return now() - before;
}

}  // namespace

TEMPLATE_TEST_CASE("the advantages of an environment do not depend on the others, with unequal lengths", "", float,
                   double) {
    using Scalar = TestType;
    const auto critic = make_critic<Scalar>();
    const NoCritic none;
    for (const bool whole : {false, true}) {
        const auto check = [&](const char* name, const auto& advantage) {
            check_column_by_column<Scalar>(name, critic, advantage, whole);
        };
        check("Gae", Gae{.gamma = 0.99, .lambda = 0.95});
        check("Gae of a long trace", Gae{.gamma = 1, .lambda = 1});
        check("TemporalDifference", TemporalDifference{});
        for (const Index n : {1, 2, 5, 100}) check("NStep", NStep{.gamma = 0.9, .n = n});
        check("VTrace", VTrace{});
        check("VTrace with other bounds", VTrace{.gamma = 0.9, .lambda = 0.9, .rho_bar = 1.2, .c_bar = 0.8});
        check("QReturns", QReturns{.gamma = 0.95, .lambda = 0.65});
        check("QReturns of a long trace", QReturns{.gamma = 1, .lambda = 1});
        check("RewardToGo", RewardToGo{.gamma = 0.9});
        check("RewardToGo, constant", RewardToGo{.gamma = 0.9, .baseline = Baseline::constant, .constant = 0.5});
        check("RewardToGo, critic", RewardToGo{.gamma = 0.9, .baseline = Baseline::critic});
        check("SingleRatio", SingleRatio{.gamma = 0.9});
        check("SingleRatio, constant", SingleRatio{.gamma = 0.9, .baseline = Baseline::constant, .constant = 0.5});
        check("SingleRatio, critic", SingleRatio{.gamma = 0.9, .baseline = Baseline::critic});
        check_column_by_column<Scalar>("RewardToGo without a critic", none, RewardToGo{.gamma = 0.9}, whole);
        if (!whole) continue;
        check("TotalReturn", TotalReturn{.gamma = 0.9});
        check("TotalReturn, critic", TotalReturn{.gamma = 0.9, .baseline = Baseline::critic});
        check("ProductOfRatios", ProductOfRatios{.gamma = 0.9, .constant = 0.5});
    }
}

TEST_CASE("the last sample before absent ones is bootstrapped and ends every trace") {
    const Columns columns = {{3, LastSample::goes_on}, {6, LastSample::goes_on}};
    auto rollout = rollout_of<float>(columns);
    const auto critic = make_critic<float>();
    Threads threads;
    const Index finished = rollout.finished.size();
    Estimator(critic, threads)(rollout, Gae{});
    CHECK(rollout.continues(0, 2) == 0);
    CHECK(rollout.next_value(0, 2) == rollout.value(0, 3));
    CHECK(rollout.value(0, 3) != 0);
    CHECK(rollout.truncated(0, 2) == 0);
    CHECK(rollout.terminated(0, 2) == 0);
    CHECK(rollout.finished.size() == finished);
    CHECK(rollout.continues(1, 5) == 1);
    for (Index t = 3; t < 6; ++t) {
        CHECK(!rollout.holds(t, 0));
        CHECK(rollout.holds(t, 1));
        CHECK(rollout.continues(0, t) == 0);
        CHECK(rollout.terminated(0, t) == 1);
        CHECK(rollout.reward(0, t) == 0);
    }
    for (auto* part : {&rollout.value, &rollout.advantage, &rollout.value_target, &rollout.next_value}) {
        CHECK(part->matrix().allFinite());
    }
    CHECK(rollout.observation.matrix().allFinite());
}

TEST_CASE("an environment without any sample does not change the others") {
    auto rollout = rollout_of<float>({{4, LastSample::goes_on}, {0, LastSample::goes_on}});
    rollout.observation.columns({1, 2}).setConstant(std::numeric_limits<float>::quiet_NaN());
    const auto critic = make_critic<float>();
    Threads threads;
    Estimator(critic, threads)(rollout, Gae{});
    CHECK(rollout.advantage.matrix().allFinite());
    CHECK(rollout.sample_count() == 4);
    CHECK(std::isfinite(explained_variance(rollout)));
}

TEMPLATE_TEST_CASE("ratios, effective sample size and KL are those of the samples", "", float, double) {
    using Scalar = TestType;
    const auto actor = make_actor<Scalar>();
    for (const Columns& columns : unequal_columns()) {
        Threads threads(2);
        auto beside = rollout_of<Scalar>(columns);
        const OffPolicyReport report = Reweigher(actor, threads)(beside);
        double sum = 0, squares = 0, kl = 0;
        for (Index n = 0; n < beside.environments; ++n) {
            auto alone = column_alone<Scalar>(columns, n);
            const OffPolicyReport own = Reweigher(actor, threads)(alone);
            kl += own.kl * static_cast<double>(alone.length[0]);
            for (Index t = 0; t < alone.length[0]; ++t) {
                CHECK(beside.log_ratio(n, t) == Approx(alone.log_ratio(0, t)).epsilon(10 * tolerance<Scalar>));
                const double rho = std::exp(static_cast<double>(alone.log_ratio(0, t)));
                sum += rho;
                squares += rho * rho;
            }
        }
        CHECK(report.kl == Approx(kl / static_cast<double>(beside.sample_count())).epsilon(1e-4));
        CHECK(report.effective_sample_size == Approx(sum * sum / squares).epsilon(1e-4));
        for (Index n = 0; n < beside.environments; ++n) {
            for (Index t = beside.length[n]; t < beside.horizon; ++t) CHECK(beside.log_ratio(n, t) == 0);
        }
    }
}

TEMPLATE_TEST_CASE("counts, minibatches and statistics cover the samples and no absent ones", "", float, double) {
    using Scalar = TestType;
    for (const Columns& columns : unequal_columns()) {
        auto rollout = rollout_of<Scalar>(columns);
        auto critic = make_critic<Scalar>(true);
        auto actor = make_actor<Scalar>();
        Threads threads(2);
        Estimator(critic, threads)(rollout, Gae{});

        std::set<Index> expected;
        kernels::Moments target, error, observed, sums;
        RewardNormalizer<Scalar> rewards(rollout.environments, 0.9);
        for (Index n = 0; n < rollout.environments; ++n) {
            double sum = 0;
            for (Index t = 0; t < columns[static_cast<std::size_t>(n)].length; ++t) {
                expected.insert(t * rollout.environments + n);
                target.add(static_cast<double>(rollout.value_target(n, t)));
                error.add(static_cast<double>(rollout.value_target(n, t) - rollout.value(n, t)));
                observed.add(static_cast<double>(rollout.observation(1, t * rollout.environments + n)));
                sums.add(sum = 0.9 * sum + static_cast<double>(rollout.reward(n, t)));
                if (rollout.terminated(n, t) + rollout.truncated(n, t) != 0) sum = 0;
            }
        }
        CHECK(rollout.sample_count() == static_cast<Index>(expected.size()));

        Minibatches minibatches;
        minibatches.reset(rollout);
        Rng rng(1);
        minibatches.shuffle(rng);
        std::set<Index> found;
        for (Index i = 0; i < minibatches.sample_count(); ++i) found.insert(minibatches.first(i));
        CHECK(found == expected);
        CHECK(minibatches.sample_count() == rollout.sample_count());

        CHECK(explained_variance(rollout) == Approx(1 - error.squares / target.squares).epsilon(1e-4).margin(1e-6));

        rewards.observe(rollout);
        CHECK(rewards.scale() == Approx(1 / std::sqrt(sums.population_variance() + 1e-8)));

        ObservationStatistics observe(threads);
        observe(rollout, actor, critic);
        const auto normalised = critic.normalizer();
        REQUIRE(normalised != nullptr);
        CHECK(normalised->moments()[1].count == rollout.sample_count());
        CHECK(normalised->moments()[1].mean == Approx(observed.mean));
        CHECK(normalised->moments()[1].squares == Approx(observed.squares));
    }
}

TEST_CASE("whole episodes of unequal length are visited once each, and no absent samples") {
    const NoCritic none;
    Threads threads;
    for (const Columns& columns : unequal_episodes()) {
        auto rollout = rollout_of<float>(columns);
        rollout.whole_episodes = true;
        Estimator(none, threads)(rollout, TotalReturn{});
        Index episodes = 0, steps = 0;
        detail::for_each_episode(rollout, [&](const detail::Episode& episode) {
            ++episodes;
            steps += episode.length();
            CHECK(rollout.holds(episode.end - 1, episode.environment));
        });
        CHECK(episodes == rollout.finished.size());
        CHECK(steps == rollout.sample_count());
    }
}

TEMPLATE_TEST_CASE("an update takes the mean over the samples of all environments", "", float, double) {
    // One plain step on all samples is the mean of the steps on each environment alone, by their numbers of samples.
    using Scalar = TestType;
    for (const Columns& columns : unequal_columns()) {
        const auto changes = [&](Rollout<Scalar> rollout) {
            auto actor = make_actor<Scalar>();
            auto critic = make_critic<Scalar>(), other = make_critic<Scalar>();
            Threads threads(2);
            Estimator(critic, threads)(rollout, Gae{});
            Updater update(actor, critic, PolicyGradient{}, Sgd<Scalar>(),
                           {.minibatch = all_samples,
                            .epochs = 1,
                            .learning_rate = 0.5,
                            .entropy = 0.01,
                            .max_gradient_norm = 0,
                            .normalize_advantage = false},
                           threads, 1);
            ValueRegression regress(other, Sgd<Scalar>(), {.minibatch = all_samples, .epochs = 1, .learning_rate = 0.5},
                                    threads, 1);
            Vector<double> by_critic;
            const auto by_actor = change<Scalar>(std::as_const(actor).weights(), [&] {
                by_critic = change<Scalar>(std::as_const(critic).weights(), [&] { update(rollout); });
            });
            const auto by_regression = change<Scalar>(std::as_const(other).weights(), [&] { regress(rollout); });
            Vector<double> all(by_actor.size() + by_critic.size() + by_regression.size());
            all << by_actor, by_critic, by_regression;
            return all;
        };
        const Rollout<Scalar> beside = rollout_of<Scalar>(columns);
        const Vector<double> together = changes(beside);
        Vector<double> mean = Vector<double>::Zero(together.size());
        for (Index n = 0; n < beside.environments; ++n) {
            const double share = static_cast<double>(columns[static_cast<std::size_t>(n)].length) /
                                 static_cast<double>(beside.sample_count());
            mean += share * changes(column_alone<Scalar>(columns, n));
        }
        CHECK(together.norm() > 0.01);
        CHECK((together - mean).norm() < 10 * tolerance<Scalar>);
    }
}
