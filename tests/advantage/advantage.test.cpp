// Properties of every advantage estimator: how the result depends on permutations, scales and other steps.
#include "gradiva/advantage/advantage.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/importance_sampling.hpp"
#include "gradiva/advantage/n_step.hpp"
#include "gradiva/advantage/q_returns.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "rollout/blank_rollout.hpp"

using namespace gradiva;
using gradiva_test::blank_rollout;

namespace {

/// Which of the properties an advantage has.
struct Kind {
    std::string name;
    bool whole_episodes = false;  ///< it needs them
    bool looks_back = false;      ///< at what an episode paid before
    bool looks_aside = false;     ///< at other episodes
    Index reach = 1'000'000;      ///< steps after its own that the advantage looks at
};

using Results = std::pair<Matrix<float>, Matrix<float>>;

/// Advantages and value targets of a rollout, by an advantage of some type.
using ByAdvantage = std::function<Results(Rollout<float>)>;

/// Calls `visit(kind, results_of)` for every advantage of the library; constants are in units of `unit`.
void for_each_advantage(double unit, const std::function<void(const Kind&, const ByAdvantage&)>& call) {
    const auto visit = [&](const Kind& kind, const auto& advantage) {
        call(kind, [&advantage](Rollout<float> rollout) {
            rollout.whole_episodes = true;
            advantage(rollout);
            return Results(rollout.advantage.matrix(), rollout.value_target.matrix());
        });
    };
    visit(Kind{"Gae"}, Gae{.gamma = 0.9, .lambda = 0.7});
    visit(Kind{.name = "Gae of one step", .reach = 1}, Gae{.gamma = 0.9, .lambda = 0});
    visit(Kind{.name = "TemporalDifference", .reach = 1}, TemporalDifference{.gamma = 0.9});
    visit(Kind{.name = "NStep, 1", .reach = 1}, NStep{.gamma = 0.9, .n = 1});
    visit(Kind{.name = "NStep, 3", .reach = 3}, NStep{.gamma = 0.9, .n = 3});
    visit(Kind{"VTrace"}, VTrace{.gamma = 0.9, .lambda = 0.8, .rho_bar = 1.2, .c_bar = 1.1});
    visit(Kind{.name = "VTrace of two steps", .reach = 2}, VTrace{.gamma = 0.9, .lambda = 0});
    visit(Kind{"QReturns"}, QReturns{.gamma = 0.9, .lambda = 0.7});
    visit(Kind{.name = "QReturns of one step", .reach = 1}, QReturns{.gamma = 0.9, .lambda = 0});
    visit(Kind{"RewardToGo"}, RewardToGo{.gamma = 0.9});
    visit(Kind{"RewardToGo above a constant"},
          RewardToGo{.gamma = 0.9, .baseline = Baseline::constant, .constant = 0.4 * unit});
    visit(Kind{"RewardToGo above V"}, RewardToGo{.gamma = 0.9, .baseline = Baseline::critic});
    visit(Kind{.name = "RewardToGo above the others", .whole_episodes = true, .looks_aside = true},
          RewardToGo{.gamma = 0.9, .baseline = Baseline::mean_of_others});
    visit(Kind{"SingleRatio"}, SingleRatio{.gamma = 0.9, .baseline = Baseline::critic});
    visit(Kind{.name = "ProductOfRatios", .whole_episodes = true, .looks_back = true},
          ProductOfRatios{.gamma = 0.9, .constant = 0.4 * unit});
    visit(Kind{.name = "TotalReturn", .whole_episodes = true, .looks_back = true}, TotalReturn{.gamma = 0.9});
    visit(Kind{.name = "TotalReturn above the others", .whole_episodes = true, .looks_back = true, .looks_aside = true},
          TotalReturn{.gamma = 0.9, .baseline = Baseline::mean_of_others});
}

constexpr Index environments = 19, horizon = 24, half = horizon / 2;  // 19: two registers and a rest

/// Random numbers, ratios and ends of both kinds; in each environment an episode ends at the middle and at the last
/// step.
Rollout<float> random_rollout(std::uint64_t seed) {
    auto rollout = blank_rollout<float>(environments, horizon);
    Rng rng(seed);
    const auto number = [&] { return static_cast<float>(rng.normal()); };
    for (Index n = 0; n < environments; ++n) {
        for (Index t = 0; t <= horizon; ++t) rollout.value(n, t) = number();
        for (Index t = 0; t < horizon; ++t) {
            rollout.reward(n, t) = number();
            rollout.log_ratio(n, t) = 0.3F * number();
            rollout.next_value(n, t) = rollout.value(n, t + 1);
            if (rng.uniform() > 0.1 && 2 * (t + 1) % horizon != 0) continue;
            const bool truncated = rng.uniform() < 0.5;
            gradiva_test::end_episode(rollout, n, t, truncated);
            if (truncated) rollout.next_value(n, t) = number();
        }
    }
    return rollout;
}

/// The rollout with the steps [begin, end) of another one; what is observed at `end` is the other's too.
Rollout<float> with_steps_of(const Rollout<float>& other, Index begin, Index end, Rollout<float> rollout) {
    const auto copy = [&](const auto& from, auto& to, Index columns) {
        to.matrix().middleCols(begin, columns) = from.matrix().middleCols(begin, columns);
    };
    copy(other.reward, rollout.reward, end - begin);
    copy(other.log_ratio, rollout.log_ratio, end - begin);
    copy(other.next_value, rollout.next_value, end - begin);
    copy(other.continues, rollout.continues, end - begin);
    copy(other.value, rollout.value, end - begin);
    return rollout;
}

/// The rollout, in which no episode ends at step t.
Rollout<float> going_on_at(Index t, Rollout<float> rollout) {
    rollout.continues.matrix().col(t).setOnes();
    rollout.next_value.matrix().col(t) = rollout.value.matrix().col(t + 1);
    return rollout;
}

/// The first steps of a rollout.
Rollout<float> first_steps(Index steps, Rollout<float> rollout) {
    rollout.resize(steps);
    std::fill(rollout.length.begin(), rollout.length.end(), steps);
    return rollout;
}

/// Whether numbers are the same up to rounding: elsewhere in memory, sums and products may be taken otherwise.
bool alike(const Matrix<float>& a, const Matrix<float>& b) { return (a - b).norm() <= 1e-5F * (1 + b.norm()); }

}  // namespace

TEST_CASE("permuted environments have the same advantages, permuted") {
    const auto rollout = random_rollout(1);
    auto turned = rollout;
    for (auto* part : {&turned.reward, &turned.log_ratio, &turned.next_value, &turned.continues, &turned.value}) {
        part->matrix() = part->matrix().colwise().reverse().eval();
    }
    for_each_advantage(1, [&](const Kind& kind, const auto& results_of) {
        INFO(kind.name);
        const auto [a, target] = results_of(rollout);
        const auto [turned_a, turned_target] = results_of(turned);
        CHECK(alike(turned_a.colwise().reverse(), a));
        CHECK(alike(turned_target.colwise().reverse(), target));
    });
}

TEST_CASE("scaling rewards and values by a power of two scales advantages exactly") {
    const auto rollout = random_rollout(2);
    std::vector<Results> expected;
    for_each_advantage(1, [&](const Kind&, const auto& results_of) { expected.push_back(results_of(rollout)); });
    for (const double unit : {0x1p-9, 0x1p+9}) {
        auto scaled = rollout;
        for (auto* part : {&scaled.reward, &scaled.value, &scaled.next_value}) {
            part->matrix() *= static_cast<float>(unit);
        }
        std::size_t i = 0;
        for_each_advantage(unit, [&](const Kind& kind, const auto& results_of) {
            INFO(kind.name << " in units of " << unit);
            const auto [a, target] = results_of(scaled);
            CHECK((a == static_cast<float>(unit) * expected[i].first));
            CHECK((target == static_cast<float>(unit) * expected[i].second));
            ++i;
        });
    }
}

TEST_CASE("an advantage does not depend on steps before it, nor on those after its episode") {
    const auto rollout = random_rollout(3), other = random_rollout(4);
    const auto running = going_on_at(half - 1, rollout);
    for_each_advantage(1, [&](const Kind& kind, const auto& results_of) {
        INFO(kind.name);
        const auto a = results_of(rollout), later = results_of(with_steps_of(other, half, horizon, rollout));
        const auto same_left = [](const auto& x, const auto& y) { return alike(x.leftCols(half), y.leftCols(half)); };
        const auto same_right = [](const auto& x, const auto& y) {
            return alike(x.rightCols(half), y.rightCols(half));
        };
        CHECK(same_left(a.first, later.first) == !kind.looks_aside);
        CHECK(same_left(a.second, later.second));
        CHECK(!same_right(a.first, later.first));
        const auto b = results_of(running), earlier = results_of(with_steps_of(other, 0, half - 1, running));
        CHECK(same_right(b.first, earlier.first) == !(kind.looks_back || kind.looks_aside));
        CHECK(same_right(b.second, earlier.second) == (kind.name != "ProductOfRatios"));
        CHECK(!same_left(b.first, earlier.first));
    });
}

TEST_CASE("a rollout of twice the steps has the same advantages where they do not depend on the second half") {
    const auto ended = random_rollout(5), running = going_on_at(half - 1, ended);
    for_each_advantage(1, [&](const Kind& kind, const auto& results_of) {
        INFO(kind.name);
        if (!kind.looks_aside) {
            const auto whole = results_of(ended), first = results_of(first_steps(half, ended));
            CHECK(alike(whole.first.leftCols(half), first.first));
            CHECK(alike(whole.second.leftCols(half), first.second));
        }
        if (kind.whole_episodes) return;
        // Here the first half ends in the middle of episodes, and bootstraps.
        const Index same = std::max<Index>(0, half + 1 - kind.reach);
        const auto whole = results_of(running), first = results_of(first_steps(half, running));
        CHECK(alike(whole.first.leftCols(same), first.first.leftCols(same)));
        CHECK(alike(whole.second.leftCols(same), first.second.leftCols(same)));
        CHECK(alike(whole.first.leftCols(half), first.first) == (same == half));
    });
}
