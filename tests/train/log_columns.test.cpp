#include "gradiva/train/log_columns.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "helpers/field_count.hpp"
#include "helpers/report_fields.hpp"

using namespace gradiva;
using namespace gradiva_test;

TEST_CASE("every number of a progress report except total_steps is one column") {
    const auto of_update =
        static_cast<std::size_t>(std::count_if(std::begin(log_columns), std::end(log_columns), is_of_update));
    CHECK(of_update == field_count<UpdateReport>());
    // Not the name of the algorithm, the steps asked for, the update, whose fields count above, and metrics.
    CHECK(std::size(log_columns) - of_update == field_count<Progress>() - 4);
    std::set<std::string> names;
    std::set<double> numbers;
    const Progress progress = distinct_progress(101);
    for (const LogColumn& column : log_columns) {
        CHECK(names.insert(column.name()).second);
        CHECK(numbers.insert(column.value(progress)).second);
    }
}

TEST_CASE("for_each_number gives each column's name and number in their order, counts as integers") {
    const Progress progress = distinct_progress(101);
    std::size_t i = 0;
    for_each_number(progress, [&](std::string_view name, auto number) {
        REQUIRE(i < std::size(log_columns));
        CHECK(name == log_columns[i].name());
        CHECK(static_cast<double>(number) == log_columns[i].value(progress));
        const bool count = name == "iteration" || name == "steps" || name == "episodes" || name == "lifetime_episodes";
        CHECK(std::is_same_v<decltype(number), Index> == count);
        ++i;
    });
    CHECK(i == std::size(log_columns));
}

TEST_CASE("metrics follow the table as metric/NAME") {
    static constexpr std::array<std::string_view, 2> metric_names{"height", "a/b"};
    Progress progress;
    progress.metrics = MetricMeans(metric_names);
    progress.metrics.values()[1] = 2.5;
    std::vector<std::string> names;
    std::vector<double> numbers;
    for_each_number(progress, [&](std::string_view name, auto number) {
        names.emplace_back(name);
        numbers.push_back(static_cast<double>(number));
    });
    REQUIRE(names.size() == std::size(log_columns) + 2);
    CHECK(names[std::size(log_columns)] == "metric/height");
    CHECK(names.back() == "metric/a/b");
    CHECK(std::isnan(numbers[std::size(log_columns)]));
    CHECK(numbers.back() == 2.5);
}

TEST_CASE("the progress bar shows a column with its number of decimals") {
    const LogColumn kl("mean_kl", &UpdateReport::mean_kl, "KL {}", 3), steps("steps", &Progress::steps, "{} steps");
    CHECK(kl.in_bar());
    CHECK(!LogColumn("mean_kl", &UpdateReport::mean_kl).in_bar());
    CHECK(kl.bar_text({.update = {.mean_kl = 0.0126}}) == "KL 0.013");
    CHECK(kl.bar_text({}) == "KL -");
    CHECK(steps.bar_text({.steps = 12345678901}) == "12345678901 steps");
}
