#include "gradiva/callbacks/doctor_judge.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"

using namespace gradiva;

namespace {

constexpr double absent = std::numeric_limits<double>::quiet_NaN();

/// What the reports of a training hold where a rule is broken, and where it is not.
struct Case {
    std::string_view rule;
    void (*set)(Progress& progress, PolicyMeasures& measures, bool sick);
    bool ends = true;  ///< whether the finding can end
};

const Case cases[] = {
    {"kl_large", [](Progress& p, PolicyMeasures&, bool sick) { p.update.approximate_kl = sick ? 0.4 : 0.01; }},
    {"kl_zero", [](Progress& p, PolicyMeasures&, bool sick) { p.update.approximate_kl = sick ? 0 : 0.01; }},
    {"clip_fraction_large", [](Progress& p, PolicyMeasures&, bool sick) { p.update.clip_fraction = sick ? 0.7 : 0.1; }},
    {"clip_fraction_zero", [](Progress& p, PolicyMeasures&, bool sick) { p.update.clip_fraction = sick ? 0 : 0.1; }},
    {"entropy_collapsed",
     [](Progress& p, PolicyMeasures&, bool sick) { p.update.entropy = p.iteration == 1 ? 0.69
                                                                      : sick           ? 0.001
                                                                                       : 0.5; }},
    {"critic_worse_than_mean",
     [](Progress& p, PolicyMeasures&, bool sick) { p.explained_variance = sick ? -50 : 0.5; }},
    {"value_targets_extreme",
     [](Progress& p, PolicyMeasures&, bool sick) {
         p.update.value_loss = sick ? 1e6 : 10;
         p.explained_variance = 0.5;
     }},
    {"gradients_exploding",
     [](Progress& p, PolicyMeasures&, bool sick) { p.update.gradient_norm = sick && p.iteration > 25 ? 1e5 : 3; }},
    {"no_signal",
     [](Progress& p, PolicyMeasures&, bool sick) {
         if (sick) p.mean_return = -200;
     },
     false},
    {"no_episode",
     [](Progress& p, PolicyMeasures&, bool sick) {
         if (!sick) return;
         p.lifetime_episodes = 0;
         p.mean_return = p.mean_length = absent;
     }},
    {"horizon_short", [](Progress& p, PolicyMeasures&, bool sick) { p.mean_length = sick ? 500 : 20; }},
    {"kl_coefficient_at_bound",
     [](Progress& p, PolicyMeasures&, bool sick) { p.update.kl_coefficient = sick ? 1e4 : 1; }},
    {"trpo_rejects", [](Progress& p, PolicyMeasures&, bool sick) { p.update.step_fraction = sick ? 0 : 1; }},
    {"rollouts_stale", [](Progress& p, PolicyMeasures&, bool sick) { p.update.effective_sample_size = sick ? 2 : 30; }},
    {"rollouts_left_out", [](Progress& p, PolicyMeasures&, bool sick) { p.update.left_out = sick ? 3 : 0; }},
    {"sequence_short", [](Progress& p, PolicyMeasures&, bool sick) { p.mean_length = sick ? 49 : 20; }},
    {"dead_units", [](Progress&, PolicyMeasures& m, bool sick) { m.dead_units = sick ? 0.9 : 0.1; }},
    {"actions_at_bounds", [](Progress&, PolicyMeasures& m, bool sick) { m.actions_at_bounds = sick ? 0.9 : 0.1; }},
    {"observation_extreme", [](Progress&, PolicyMeasures& m, bool sick) { m.observation_extreme = sick ? 1e4 : 3; }},
    {"observation_constant", [](Progress&, PolicyMeasures& m, bool sick) { m.observation_constant = sick ? 1 : 0; }},
    {"policy_ignores_observation",
     [](Progress&, PolicyMeasures& m, bool sick) { m.policy_information = sick ? 0 : 0.1; }},
};

RunFacts facts() {
    return {.horizon = 5, .environments = 10, .updates = 4, .gamma = 1, .sequence = 4, .continuous = 0};
}

/// The findings of the rule in 200 iterations, in which `sick(iteration)` says where it is broken; the mean return is
/// `mean_return(iteration)`, by default one that has risen and fallen early, so that rules are judged.
struct Series {
    RunFacts known = facts();
    Index iterations = 200;
    double (*mean_return)(Index) = [](Index i) { return i == 2 ? 100.0 : i == 3 ? 0.0 : 50.0; };
    bool (*sick)(Index) = [](Index) { return true; };
    Index cut = 0;  ///< after this iteration another judge goes on from what is saved; 0: none

    std::vector<Finding> findings(const Case& c, bool* judged = nullptr) const {
        const auto fresh = [&] {
            DoctorJudge judge;
            judge.expect(known, 100.0 * static_cast<double>(iterations));
            return judge;
        };
        DoctorJudge judge = fresh();
        std::vector<Finding> found;
        for (Index i = 1; i <= iterations; ++i) {
            Progress progress{.iteration = i, .lifetime_episodes = 20 + i, .mean_return = mean_return(i)};
            PolicyMeasures measures;
            c.set(progress, measures, sick(i));
            judge.add(progress, measures, 100.0 * static_cast<double>(i), [&](const Finding& f) {
                if (f.rule->name == c.rule) found.push_back(f);
            });
            if (i != cut) continue;
            const StateImage saved = image_of(judge);
            judge = fresh();
            restore("judge", saved, judge);
        }
        for (std::size_t r = 0; judged != nullptr && r < DoctorJudge::rule_count; ++r) {
            if (doctor_rules[r].name == c.rule) *judged = judge.judged(r);
        }
        return found;
    }
};

const Case& case_of(std::string_view rule) {
    for (const Case& c : cases) {
        if (c.rule == rule) return c;
    }
    FAIL("no case of " << rule);
    return cases[0];
}

}  // namespace

TEST_CASE("each rule of the doctor is found where it is broken, and ends where it is not broken any more") {
    for (const DoctorRule& rule : doctor_rules) {
        CAPTURE(std::string(rule.name));
        const Case& c = case_of(rule.name);
        const auto found = Series{.sick = [](Index i) { return i <= 80; }}.findings(c);
        if (!c.ends) continue;
        REQUIRE(found.size() == 2);
        CHECK(found[0].begins);
        CHECK(found[0].iteration <= 45);
        CHECK(!found[1].begins);
        CHECK(found[1].iteration > 80);
        CHECK(found[1].iteration <= 110);
    }
}

TEST_CASE("no rule of the doctor is found where it is not broken") {
    for (const Case& c : cases) {
        CAPTURE(std::string(c.rule));
        CHECK(Series{.sick = [](Index) { return false; }}.findings(c).empty());
    }
}

TEST_CASE("the doctor finds returns that never differ after a fifth of the steps, and not before") {
    const auto found = Series{}.findings(case_of("no_signal"));
    REQUIRE(found.size() == 1);
    CHECK(found[0].iteration == 40);
    CHECK(found[0].text().find("iteration 40 (20 % of the steps): fault no_signal: ") == 0);
    CHECK(found[0].text().find("docs/troubleshooting.md#no_signal") != std::string::npos);
}

TEST_CASE("rules with the common gate are silent while the best return rises, and while the return is at its best") {
    for (const Case& c : cases) {
        const auto rule = std::find_if(std::begin(doctor_rules), std::end(doctor_rules),
                                       [&](const DoctorRule& r) { return r.name == c.rule; });
        if ((rule->gates & gate_stalled) == 0) continue;
        CAPTURE(std::string(c.rule));
        // The best rises by 5 % of its range in a window; the present return is far below it.
        CHECK(Series{.mean_return = [](Index i) { return i % 2 == 0 ? 10.0 * static_cast<double>(i) : 0.0; }}
                  .findings(c)
                  .empty());
        CHECK(
            Series{.mean_return = [](Index i) { return i < 10 ? static_cast<double>(i) : 10.0; }}.findings(c).empty());
    }
}

TEST_CASE("rules of ratios are silent where an iteration is one gradient step or unknown") {
    for (const char* rule : {"kl_large", "kl_zero", "clip_fraction_large", "clip_fraction_zero"}) {
        CAPTURE(rule);
        for (const double updates : {1.0, absent}) {
            RunFacts known = facts();
            known.updates = updates;
            CHECK(Series{.known = known}.findings(case_of(rule)).empty());
        }
    }
}

TEST_CASE("an entropy that falls after the first quarter has not collapsed early") {
    CHECK(Series{.sick = [](Index i) { return i > 60; }}.findings(case_of("entropy_collapsed")).empty());
}

TEST_CASE("the standard deviation of real actions is what the doctor compares of their entropy") {
    RunFacts known = facts();
    known.continuous = 1;
    const Case narrow{"entropy_collapsed", [](Progress& p, PolicyMeasures&, bool sick) {
                          p.update.entropy = p.iteration == 1 ? 1 : sick ? -2.5 : -1.5;
                      }};
    CHECK(Series{.known = known}.findings(narrow).size() == 1);  // exp(-3.5) is 0.03
    CHECK(Series{.known = known, .sick = [](Index) { return false; }}.findings(narrow).empty());
    known.action_size = 2;  // exp(-1.75) is 0.17
    CHECK(Series{.known = known}.findings(narrow).empty());
}

TEST_CASE("the doctor judges nothing in fewer iterations than its window has") {
    for (const Case& c : cases) CHECK(Series{.iterations = 19}.findings(c).empty());
}

TEST_CASE("a rule whose number is known in fewer than half of the blocks is not judged") {
    const Case rare{"dead_units", [](Progress& p, PolicyMeasures& m, bool) {
                        if (p.iteration % 3 == 0) m.dead_units = 0.9;
                    }};
    CHECK(Series{}.findings(rare).empty());
}

TEST_CASE("a judge that goes on from what was saved finds what one finds that was not stopped") {
    const auto texts = [](const std::vector<Finding>& findings) {
        std::vector<std::string> all;
        for (const Finding& finding : findings) all.push_back(finding.text());
        return all;
    };
    // Sick from the beginning, and from after the first window.
    bool (*const sick[])(Index) = {[](Index i) { return i / 70 % 2 == 0; }, [](Index i) { return i / 70 % 2 == 1; }};
    for (const Case& c : cases) {
        CAPTURE(std::string(c.rule));
        bool any = false;
        for (const auto when : sick) {
            const auto expected = texts(Series{.iterations = 410, .sick = when}.findings(c));
            any = any || !expected.empty();
            for (const Index cut : {1, 2, 3, 4, 17, 31, 42, 61, 75, 105, 151, 153, 299, 409, 410}) {
                CAPTURE(cut);
                bool judged = false;
                CHECK(texts(Series{.iterations = 410, .sick = when, .cut = cut}.findings(c, &judged)) == expected);
                CHECK(judged);
            }
        }
        CHECK(any);
    }
}

TEST_CASE("a judge that goes on from what was saved remembers the worst return and the first") {
    // Within 2 % of the range below the best: not stalled, as long as the worst one counts.
    const auto near_best = [](Index i) { return i == 2 ? 100.0 : i == 3 ? 0.0 : 98.5; };
    // Always the same return but for one change.
    const auto one_change = [](Index i) { return i <= 30 ? 50.0 : 60.0; };
    for (const Index cut : {0, 20, 30, 150}) {
        CAPTURE(cut);
        CHECK(Series{.mean_return = near_best, .cut = cut}.findings(case_of("kl_large")).empty());
        const Case no_change{"no_signal", [](Progress&, PolicyMeasures&, bool) {}};
        CHECK(Series{.mean_return = one_change, .cut = cut}.findings(no_change).empty());
    }
}
