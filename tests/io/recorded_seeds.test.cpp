#include "gradiva/io/recorded_seeds.hpp"

#include "catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradiva/io/detail/report/run_groups.hpp"
#include "gradiva/train/run.hpp"

using gradiva::DescriptionValue;
using gradiva::Index;

namespace {

constexpr std::array<std::string_view, 1> metric_names = {"goals"};

/// A training of three iterations, whose last return is 6.
gradiva::SeedRun seed_run(std::uint64_t seed, Index episodes = 0) {
    gradiva::SeedRun made{.seed = seed};
    gradiva::Progress progress;
    const gradiva::Run run("PpoClip", progress);
    made.curve.on_start(run);
    for (Index i = 1; i <= 3; ++i) {
        progress.iteration = i;
        progress.steps = 10 * i;
        if (i > 1) progress.mean_return = 3.0 + static_cast<double>(i);
        made.curve(progress);
    }
    made.evaluation = {.mean_return = 7, .episodes = episodes, .metrics = gradiva::MetricMeans(metric_names)};
    made.evaluation.metrics.values()[0] = 2.5;
    return made;
}

}  // namespace

TEST_CASE("what a curve says of its training is known, and what the caller says besides goes before it") {
    gradiva::Description more;
    more.set("gamma", 0.9);
    const auto runs = gradiva::recorded_seeds(std::vector{seed_run(4)}, "here", more);
    CHECK(*runs[0].description.find("algorithm") == DescriptionValue(std::string("PpoClip")));
    CHECK(*runs[0].description.find("gamma") == DescriptionValue(0.9));
    CHECK(*runs[0].description.find("seed") == DescriptionValue(std::uint64_t{4}));
    more.set("algorithm", "mine");
    const auto others = gradiva::recorded_seeds(std::vector{seed_run(4)}, "here", more);
    CHECK(*others[0].description.find("algorithm") == DescriptionValue(std::string("mine")));
}

TEST_CASE("seeds of one experiment are runs of one group, with their curves and evaluations") {
    const std::vector<gradiva::SeedRun> seeds = {seed_run(4), seed_run(5, 1)};
    gradiva::Description description;
    description.set("gamma", 0.9);
    std::vector<gradiva::RecordedRun> runs = gradiva::recorded_seeds(seeds, "gamma 0.9", description);
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].name == "gamma 0.9, seed 4");
    CHECK(runs[1].series.table().find("steps")->last == std::vector<double>{10, 20, 30});
    CHECK(runs[1].series.table().find("mean_return")->last[2] == 6);
    CHECK(!runs[0].evaluation);
    REQUIRE(runs[1].evaluation);
    CHECK(runs[1].evaluation->mean_return == 7);
    CHECK(runs[1].evaluation->metrics == std::vector<std::pair<std::string, double>>{{"goals", 2.5}});
    for (auto& run : gradiva::recorded_seeds(seeds, "gamma 1")) runs.push_back(std::move(run));
    const gradiva::detail::RunGroups groups = gradiva::detail::group_runs(runs);
    REQUIRE(groups.groups.size() == 2);
    CHECK(groups.groups[0].name == "gamma 0.9");
    CHECK(groups.groups[1].runs == std::vector<std::size_t>{2, 3});
    CHECK(groups.differing == std::vector<std::string>{"gamma", "experiment"});
}
