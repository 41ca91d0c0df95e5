#include "gradiva/advantage/returns.hpp"

#include "catch.hpp"
#include "helpers/largest.hpp"
#include "rollout/blank_rollout.hpp"

using namespace gradiva;
using namespace gradiva_test;

static_assert(Advantage<RewardToGo>);
static_assert(Advantage<TotalReturn>);

namespace {

/// Whole episodes: environment 0 plays two, with rewards (1, 2) and (3); environment 1 one, with rewards (4, 5, 6).
/// Values are 10 times the rewards.
template <class Scalar = double>
Rollout<Scalar> three_episodes() {
    auto rollout = blank_rollout<Scalar>(2, 3);
    rollout.whole_episodes = true;
    for (Index n = 0; n < 2; ++n) {
        for (Index t = 0; t < 3; ++t) {
            rollout.reward(n, t) = static_cast<Scalar>(1 + t + 3 * n);
            rollout.value(n, t) = 10 * rollout.reward(n, t);
            if (t > 0) rollout.next_value(n, t - 1) = rollout.value(n, t);
        }
    }
    end_episode(rollout, 0, 1);
    end_episode(rollout, 0, 2);
    end_episode(rollout, 1, 2);
    return rollout;
}

using Rows = std::vector<std::vector<double>>;

Rows rows(const MatrixBuffer<double>& values) {
    Rows result;
    for (Index n = 0; n < values.rows(); ++n) {
        result.emplace_back();
        for (Index t = 0; t < values.cols(); ++t) result.back().push_back(values(n, t));
    }
    return result;
}

template <class A>
Rows advantage_of(const A& advantage) {
    auto rollout = three_episodes();
    advantage(rollout);
    return rows(rollout.advantage);
}

}  // namespace

TEST_CASE("RewardToGo equals hand-computed values") {
    CHECK(advantage_of(RewardToGo{.gamma = 1}) == Rows{{3, 2, 3}, {15, 11, 6}});
    CHECK(advantage_of(RewardToGo{.gamma = 0.5}) == Rows{{2, 2, 3}, {8, 8, 6}});
    CHECK(advantage_of(RewardToGo{.gamma = 0}) == Rows{{1, 2, 3}, {4, 5, 6}});
}

TEST_CASE("TotalReturn gives every action of an episode its whole return") {
    CHECK(advantage_of(TotalReturn{}) == Rows{{3, 3, 3}, {15, 15, 15}});
    CHECK(advantage_of(TotalReturn{.gamma = 0.5}) == Rows{{2, 2, 3}, {8, 8, 8}});
}

TEST_CASE("value targets are the rewards to go whatever the baseline") {
    const Rows expected{{3, 2, 3}, {15, 11, 6}};
    for (const Baseline baseline : {Baseline::none, Baseline::constant, Baseline::mean_of_others, Baseline::critic}) {
        auto rollout = three_episodes();
        RewardToGo{.gamma = 1, .baseline = baseline, .constant = 7}(rollout);
        CHECK(rows(rollout.value_target) == expected);
        TotalReturn{.gamma = 1, .baseline = baseline, .constant = 7}(rollout);
        CHECK(rows(rollout.value_target) == expected);
    }
}

TEST_CASE("RewardToGo bootstraps a truncated episode and the end of the rollout") {
    auto rollout = blank_rollout<double>(1, 3);
    for (Index t = 0; t < 3; ++t) rollout.reward(0, t) = 1;
    end_episode(rollout, 0, 1, true);
    rollout.next_value(0, 0) = 99;  // within an episode the rewards count, not the value
    rollout.next_value(0, 1) = 4;
    rollout.next_value(0, 2) = 8;
    RewardToGo{.gamma = 0.5}(rollout);
    CHECK(rows(rollout.advantage) == Rows{{2.5, 3, 5}});
}

TEST_CASE("a constant baseline is subtracted") {
    CHECK(advantage_of(RewardToGo{.gamma = 1, .baseline = Baseline::constant, .constant = 2}) ==
          Rows{{1, 0, 1}, {13, 9, 4}});
    CHECK(advantage_of(TotalReturn{.baseline = Baseline::constant, .constant = 2}) == Rows{{1, 1, 1}, {13, 13, 13}});
}

TEST_CASE("the critic as baseline is subtracted") {
    CHECK(advantage_of(RewardToGo{.gamma = 1, .baseline = Baseline::critic}) ==
          Rows{{3 - 10, 2 - 20, 3 - 30}, {15 - 40, 11 - 50, 6 - 60}});
    CHECK(advantage_of(TotalReturn{.baseline = Baseline::critic}) ==
          Rows{{3 - 10, 3 - 20, 3 - 30}, {15 - 40, 15 - 50, 15 - 60}});
}

TEST_CASE("the mean of others under RewardToGo is that of the other episodes that ran as long") {
    // First steps: 3, 3 and 15. Second steps: 2 and 11. Third: 6 alone.
    CHECK(advantage_of(RewardToGo{.gamma = 1, .baseline = Baseline::mean_of_others}) ==
          Rows{{3 - 9, 2 - 11, 3 - 9}, {15 - 3, 11 - 2, 6}});
    CHECK(advantage_of(RewardToGo{.gamma = 0.5, .baseline = Baseline::mean_of_others}) ==
          Rows{{2 - 5.5, 2 - 8, 3 - 5}, {8 - 2.5, 8 - 2, 6}});
}

TEST_CASE("the mean of others under TotalReturn is that of all other episodes whatever their lengths") {
    CHECK(advantage_of(TotalReturn{.baseline = Baseline::mean_of_others}) == Rows{{-6, -6, -6}, {12, 12, 12}});
    CHECK(advantage_of(TotalReturn{.gamma = 0.5, .baseline = Baseline::mean_of_others}) ==
          Rows{{2 - 5.5, 2 - 5.5, 3 - 5}, {8 - 2.5, 8 - 2.5, 8 - 2.5}});
}

TEST_CASE("nothing is subtracted from the returns of a single episode") {
    auto rollout = blank_rollout<double>(1, 3);
    rollout.whole_episodes = true;
    for (Index t = 0; t < 3; ++t) rollout.reward(0, t) = static_cast<double>(4 + t);
    end_episode(rollout, 0, 2);
    TotalReturn{.baseline = Baseline::mean_of_others}(rollout);
    CHECK(rows(rollout.advantage) == Rows{{15, 15, 15}});
    RewardToGo{.gamma = 1, .baseline = Baseline::mean_of_others}(rollout);
    CHECK(rows(rollout.advantage) == Rows{{15, 11, 6}});
}

namespace {

/// Episodes of random lengths in five environments, of rewards N(0, 1); `offset` comes with the last reward of each
/// episode, `extra` with the very last.
template <class Scalar>
Rollout<Scalar> random_episodes(double offset, double extra) {
    auto rollout = blank_rollout<Scalar>(5, 40);
    rollout.whole_episodes = true;
    Rng rng(7);
    for (Index n = 0; n < 5; ++n) {
        for (Index t = 0; t < 40; ++t) {
            const bool ends = t == 39 || rng.uniform(0, 1) < 0.1;
            rollout.reward(n, t) = static_cast<Scalar>(rng.normal() + (ends ? offset : 0));
            if (ends) end_episode(rollout, n, t);
        }
    }
    rollout.reward(4, 39) += static_cast<Scalar>(extra);
    return rollout;
}

/// By the definition: the mean over all other episodes, in extended precision.
template <class Scalar, class Return, class Counts>
long double mean_of_others(const Rollout<Scalar>& rollout, const detail::Episode& own, const Return& return_of,
                           const Counts& counts) {
    long double sum = 0;
    Index others = 0;
    detail::for_each_episode(rollout, [&](const detail::Episode& e) {
        if ((e.environment == own.environment && e.begin == own.begin) || !counts(e)) return;
        sum += static_cast<long double>(return_of(e));
        ++others;
    });
    return others > 0 ? sum / static_cast<long double>(others) : 0;
}

template <class Scalar>
void check_mean_of_others(double gamma, double offset, double extra) {
    auto rollout = random_episodes<Scalar>(offset, extra);
    Index compared = 0;
    long double worst = 0, largest = 1;
    const auto compare = [&](Index n, Index t, Scalar value, long double baseline) {
        const long double right = static_cast<long double>(value) - baseline;
        worst = largest_of(worst, std::abs(static_cast<long double>(rollout.advantage(n, t)) - right));
        ++compared;
        largest = std::max(largest, std::abs(right));
    };
    TotalReturn{.gamma = gamma, .baseline = Baseline::mean_of_others}(rollout);
    detail::for_each_episode(rollout, [&](const detail::Episode& e) {
        const auto total = [&](const detail::Episode& o) { return rollout.value_target(o.environment, o.begin); };
        const long double mean = mean_of_others(rollout, e, total, [](const auto&) { return true; });
        for (Index t = e.begin; t < e.end; ++t) compare(e.environment, t, total(e), mean);
    });
    RewardToGo{.gamma = gamma, .baseline = Baseline::mean_of_others}(rollout);
    detail::for_each_episode(rollout, [&](const detail::Episode& e) {
        for (Index k = 0; k < e.length(); ++k) {
            const auto to_go = [&](const detail::Episode& o) {
                return rollout.value_target(o.environment, o.begin + k);
            };
            compare(e.environment, e.begin + k, to_go(e),
                    mean_of_others(rollout, e, to_go, [&](const auto& o) { return o.length() > k; }));
        }
    });
    CHECK(compared == 400);
    const auto epsilon = static_cast<long double>(std::numeric_limits<Scalar>::epsilon());
    CHECK(worst <= 4 * epsilon * largest);
}

}  // namespace

TEST_CASE("the mean of others loses no digits to a common offset") {
    for (const double gamma : {1.0, 0.9, 0.0}) {
        for (const double offset : {0.0, 1e4, 1e7, 1e12}) {
            for (const double extra : {0.0, 1e6, 1e12}) {
                INFO("gamma " << gamma << ", offset " << offset << ", extra " << extra);
                check_mean_of_others<float>(gamma, offset, extra);
                check_mean_of_others<double>(gamma, offset, extra);
            }
        }
    }
}

TEST_CASE("the mean of others gives exactly 0 for equal returns") {
    for (const Index episodes : {2, 3, 7, 49, 50}) {
        for (const double reward : {0.1, -1.0 / 3, 1e9 + 0.1, 5e307}) {
            CAPTURE(episodes, reward);
            auto rollout = blank_rollout<double>(episodes, 3);
            rollout.whole_episodes = true;
            rollout.reward.matrix().setConstant(reward);
            for (Index n = 0; n < episodes; ++n) end_episode(rollout, n, 2);
            TotalReturn{.baseline = Baseline::mean_of_others}(rollout);
            CHECK(rollout.advantage.matrix().isZero(0));
            RewardToGo{.baseline = Baseline::mean_of_others}(rollout);
            CHECK(rollout.advantage.matrix().isZero(0));
        }
    }
}

TEST_CASE("returns refuse options out of range by name") {
    CHECK_NOTHROW(RewardToGo{}.check(false));
    CHECK_NOTHROW(TotalReturn{}.check(false));
    CHECK_THROWS_WITH(RewardToGo{.gamma = 1.5}.check(true), "RewardToGo: gamma is 1.5; give a number from 0 to 1");
    CHECK_THROWS_WITH(TotalReturn{.gamma = -0.1}.check(true), "TotalReturn: gamma is -0.1; give a number from 0 to 1");
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH((RewardToGo{.baseline = Baseline::constant, .constant = nan}.check(true)),
                      "RewardToGo: constant is nan; give a finite number");
}

TEST_CASE("a critic as baseline needs a critic") {
    CHECK_NOTHROW(RewardToGo{.baseline = Baseline::critic}.check(true));
    CHECK_THROWS_WITH(RewardToGo{.baseline = Baseline::critic}.check(false),
                      "RewardToGo: baseline is critic, and there is no critic; give the trainer one, or choose another "
                      "baseline");
    CHECK_THROWS_WITH(TotalReturn{.baseline = Baseline::critic}.check(false),
                      ContainsText("TotalReturn: baseline is critic, and there is no critic"));
}

TEST_CASE("advantages that need whole episodes refuse a rollout of cut ones") {
    auto cut = three_episodes();
    cut.whole_episodes = false;
    CHECK_THROWS_WITH(TotalReturn{}(cut),
                      "TotalReturn: the rollout holds 3 steps cut from episodes; collect whole episodes");
    CHECK_THROWS_WITH(RewardToGo{.baseline = Baseline::mean_of_others}(cut),
                      "RewardToGo: the rollout holds 3 steps cut from episodes; collect whole episodes");
    CHECK_NOTHROW(RewardToGo{}(cut));
}
