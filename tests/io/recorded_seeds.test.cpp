#include "gradiva/io/recorded_seeds.hpp"

#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/io/detail/report/run_groups.hpp"

namespace {

/// As `Curve`, of three rows.
struct SmallCurve {
    std::vector<std::string> names() const { return {"mean_return", "steps", "iteration"}; }
    gradiva::Index rows() const { return 3; }
    std::vector<double> operator[](std::size_t k) const {
        constexpr double absent = std::numeric_limits<double>::quiet_NaN();
        return std::vector<std::vector<double>>{{absent, 5, 6}, {10, 20, 30}, {1, 2, 3}}[k];
    }
};

struct SmallEvaluation {
    double mean_return = 7, std_return = 1;
    gradiva::Index episodes = 0;
};

struct SmallRun {
    std::uint64_t seed = 0;
    SmallCurve curve = {};
    SmallEvaluation evaluation = {};
};

}  // namespace

TEST_CASE("what a curve says of its training is known, and what the caller says besides goes before it") {
    struct DescribedCurve : SmallCurve {
        gradiva::Description description() const {
            gradiva::Description description;
            description.set("gamma", 0.5);
            description.set("horizon", std::int64_t{8});
            return description;
        }
    };
    struct DescribedRun {
        std::uint64_t seed = 4;
        DescribedCurve curve = {};
        SmallEvaluation evaluation = {};
    };
    gradiva::Description more;
    more.set("gamma", 0.9);
    const auto runs = gradiva::recorded_seeds(std::vector<DescribedRun>(1), "here", more);
    CHECK(*runs[0].description.find("gamma") == gradiva::DescriptionValue(0.9));
    CHECK(*runs[0].description.find("horizon") == gradiva::DescriptionValue(std::int64_t{8}));
    CHECK(*runs[0].description.find("seed") == gradiva::DescriptionValue(std::uint64_t{4}));
}

TEST_CASE("seeds of one experiment are runs of one group, with their curves and evaluations") {
    const std::vector<SmallRun> seeds = {{.seed = 4}, {.seed = 5, .evaluation = {.episodes = 20}}};
    gradiva::Description description;
    description.set("gamma", 0.9);
    std::vector<gradiva::RecordedRun> runs = gradiva::recorded_seeds(seeds, "gamma 0.9", description);
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].name == "gamma 0.9, seed 4");
    CHECK(runs[1].series.table().find("steps")->last == std::vector<double>{10, 20, 30});
    CHECK(runs[1].series.table().find("mean_return")->last[2] == 6);
    CHECK(!runs[0].evaluation);
    CHECK(runs[1].evaluation->mean_return == 7);
    for (auto& run : gradiva::recorded_seeds(seeds, "gamma 1")) runs.push_back(std::move(run));
    const gradiva::detail::RunGroups groups = gradiva::detail::group_runs(runs);
    REQUIRE(groups.groups.size() == 2);
    CHECK(groups.groups[0].name == "gamma 0.9");
    CHECK(groups.groups[1].runs == std::vector<std::size_t>{2, 3});
    CHECK(groups.differing == std::vector<std::string>{"gamma", "experiment"});
}
