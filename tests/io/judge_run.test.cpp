#include "gradiva/io/judge_run.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace gradiva;

namespace {

/// A run of so many iterations of 100 steps, whose mean return is 0 and whose KL is not logged.
RecordedRun run_of(Index iterations) {
    RecordedRun run;
    run.series.column("mean_return");
    run.series.column("kl_coefficient");
    const double absent = std::numeric_limits<double>::quiet_NaN();
    for (Index i = 1; i <= iterations; ++i) {
        const auto k = static_cast<double>(i);
        run.series.add(std::vector<double>{k, 100 * k, k, k, 0, absent});
    }
    return run;
}

bool has(const std::vector<std::string>& sentences, const std::string& sentence) {
    return std::find(sentences.begin(), sentences.end(), sentence) != sentences.end();
}

}  // namespace

TEST_CASE("a finished log is judged by the rules of the doctor") {
    const RunJudgement judgement = judge_run(run_of(100));
    REQUIRE(!judgement.findings.empty());
    CHECK(judgement.findings[0].rule->name == "no_signal");
    CHECK(judgement.findings[0].iteration == 20);
}

TEST_CASE("steps that are described and missing in a log count for its rules") {
    RecordedRun run = run_of(100);
    run.description.set("train/steps", std::int64_t{20'000});
    CHECK(judge_run(run).findings[0].iteration == 40);
}

TEST_CASE("rules that a log cannot tell are named with the reason") {
    const RunJudgement judgement = judge_run(run_of(100));
    CHECK(has(judgement.unjudged, "kl_large: the log has no column 'approximate_kl'"));
    CHECK(has(judgement.unjudged, "kl_coefficient_at_bound: column 'kl_coefficient' has no numbers"));
    CHECK(has(judgement.unjudged, "dead_units: the log has no column 'dead_units'"));
    CHECK(!has(judgement.unjudged, "no_signal: the log has no column 'mean_return'"));
}

TEST_CASE("a log of three iterations is said to be too short") {
    const RunJudgement judgement = judge_run(run_of(3));
    CHECK(judgement.findings.empty());
    CHECK(judgement.unjudged ==
          std::vector<std::string>{"all rules: the log has 3 iterations; a window has at least 20"});
}
