#include "gradiva/train/curve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "catch.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/train/train_loop.hpp"
#include "helpers/report_fields.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr std::array<std::string_view, 1> names{"height"}, other_names{"width"};

Progress report(double first, std::span<const std::string_view> metrics = names) {
    Progress progress = distinct_progress(first);
    progress.metrics = MetricMeans(metrics);
    for (double& mean : progress.metrics.values()) mean = first;
    return progress;
}

}  // namespace

TEST_CASE("a curve keeps each number of each report, by the names that logs have") {
    Curve curve;
    CHECK((curve.rows() == 0 && curve.names().empty()));
    const Progress reports[3] = {report(100), report(200), report(300)};
    for (const Progress& progress : reports) curve(progress);
    CHECK(curve.rows() == 3);
    for (std::size_t row = 0; row < 3; ++row) {
        std::size_t place = 0;
        for_each_number(reports[row], [&](std::string_view name, auto number) {
            CHECK(curve.names()[place] == name);
            CHECK(curve[name].size() == 3);
            CHECK(curve[name][row] == static_cast<double>(number));
            CHECK(curve[place++][row] == static_cast<double>(number));
        });
        CHECK(curve.names().size() == place);
    }
    CHECK((curve.contains("metric/height") && !curve.contains("height")));
    CHECK_THROWS_WITH(curve["height"], ContainsText("Curve: there is no column height"));
}

TEST_CASE("a number that a training does not have is NaN in its curve") {
    Curve curve;
    curve(Progress{});
    CHECK((curve["iteration"][0] == 0 && std::isnan(curve["mean_return"][0]) && std::isnan(curve["mean_kl"][0])));
}

TEST_CASE("a curve is a callback, which knows its columns before the first iteration") {
    struct Toy {
        TrainLoop loop{"Toy", names};
    } toy;
    Curve curve;
    const auto train = [&](Index steps) {
        toy.loop.run(
            TrainOptions{.steps = steps}, toy,
            [&](Progress& progress) {
                CHECK(curve.contains("metric/height"));
                toy.loop.report(10, {}, MatrixBuffer<double>(1, 0), progress);
            },
            curve);
    };
    train(30);
    train(20);
    CHECK(curve.rows() == 5);
    CHECK(curve["iteration"].back() == 5);
    CHECK(curve["steps"].back() == 20);
}

TEST_CASE("a training with other numbers is refused and leaves the curve as it was") {
    Curve curve;
    curve(report(1));
    CHECK_THROWS_WITH(curve(report(2, other_names)), ContainsText("a training with other numbers"));
    CHECK_THROWS_WITH(curve(report(2, {})), ContainsText("a training with other numbers"));
    CHECK_NOTHROW(curve(report(2)));
    CHECK(curve.rows() == 2);
}

TEST_CASE("a curve is saved and restored, also where there is none yet") {
    Curve saved, restored, none;
    for (const double first : {1, 2, 3}) saved(report(first));
    restored(report(7, other_names));
    restore("test", image_of(saved), restored);
    CHECK(restored.rows() == 3);
    REQUIRE(restored.names().size() == saved.names().size());
    for (std::size_t i = 0; i < saved.names().size(); ++i) {
        CHECK(restored.names()[i] == saved.names()[i]);
        CHECK((restored[i][0] == saved[i][0] && restored[i][2] == saved[i][2]));
    }
    restored(report(4));
    CHECK(restored["metric/height"].back() == 4);
    restore("test", image_of(none), restored);
    CHECK((restored.rows() == 0 && restored.names().empty()));
}

TEST_CASE("a curve with another number of columns than names is not restored") {
    Curve saved, restored;
    saved(report(1));
    restored(report(5));
    StateImage image = image_of(saved);
    auto& text = image.at("names").own;
    const auto newline = static_cast<std::remove_cvref_t<decltype(text[0])>>('\n');
    *std::find(text.begin(), text.end(), newline) = static_cast<std::remove_cvref_t<decltype(text[0])>>('_');
    CHECK_THROWS_WITH(restore("test", image, restored),
                      ContainsText("Curve: what was saved is no table of 24 columns"));
}
