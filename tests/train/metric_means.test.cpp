#include "gradiva/train/metric_means.hpp"

#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("means of metrics are known by their names, and NaN before there is an episode") {
    static constexpr std::array<std::string_view, 2> names{"height", "speed"};
    MetricMeans means(names);
    CHECK(means.size() == 2);
    CHECK(!means.empty());
    CHECK(std::isnan(means["height"]));
    CHECK(std::isnan(means["speed"]));
    means.values()[1] = 3;
    CHECK(means["speed"] == 3);
    CHECK(std::isnan(means["height"]));
    const MetricMeans copy = means;
    CHECK(copy["speed"] == 3);
    CHECK((copy.contains("height") && !copy.contains("heigh") && !copy.contains("")));
    CHECK_THROWS_WITH(copy["weight"], "metrics: none is called weight; the environment has height, speed");
}

TEST_CASE("there may be no metrics, and not more than 64") {
    const MetricMeans none;
    CHECK((none.empty() && none.names().empty() && none.values().empty()));
    CHECK_THROWS_WITH(none["height"], "metrics: none is called height; the environment has none");
    const std::vector<std::string_view> many(65, "height");
    CHECK(MetricMeans(std::span(many).first(64)).size() == 64);
    CHECK_THROWS_WITH(MetricMeans(many), ContainsText("there are 65 names; give at most 64"));
    const std::string long_name(65, 'a');
    const std::array<std::string_view, 1> names{long_name};
    CHECK_THROWS_WITH(MetricMeans(names), ContainsText("has 65 characters; give names of at most 64"));
}

TEST_CASE("logs call a metric metric/NAME") {
    const std::string long_name(64, 'a');
    const std::array<std::string_view, 2> names{"height", long_name};
    MetricMeans means(names);
    means.values()[0] = 1;
    means.values()[1] = 2;
    std::string all;
    for_each_metric(means, [&](std::string_view name, double mean) { all += fmt::format("{}={} ", name, mean); });
    CHECK(all == "metric/height=1 metric/" + long_name + "=2 ");
}
