#include "gradiva/io/series_table.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"

using gradiva::Index;
using gradiva::SeriesTable;

namespace {

constexpr double absent = std::numeric_limits<double>::quiet_NaN();

double wave(Index row) { return std::sin(static_cast<double>(row * row)); }

SeriesTable waves(Index most, Index rows) {
    SeriesTable table(most);
    const auto column = table.column("wave");
    for (Index row = 0; row < rows; ++row) {
        table.add_row();
        table.set(column, wave(row));
    }
    return table;
}

void check_waves(const SeriesTable& table, Index rows) {
    CHECK(table.rows() == rows);
    const gradiva::SeriesColumn& column = *table.find("wave");
    const Index width = table.rows_per_bucket();
    REQUIRE(static_cast<Index>(column.last.size()) == table.buckets());
    for (Index bucket = 0; bucket < table.buckets(); ++bucket) {
        const Index begin = bucket * width, end = std::min(begin + width, rows);
        double least = 1, greatest = -1;
        for (Index row = begin; row < end; ++row) {
            least = std::min(least, wave(row));
            greatest = std::max(greatest, wave(row));
        }
        const auto i = static_cast<std::size_t>(bucket);
        CHECK(column.last[i] == wave(end - 1));
        CHECK(static_cast<float>(column.low(i)) == static_cast<float>(least));
        CHECK(static_cast<float>(column.high(i)) == static_cast<float>(greatest));
    }
}

}  // namespace

TEST_CASE("up to its bound a table holds every number") {
    const SeriesTable table = waves(400, 400);
    CHECK(table.rows_per_bucket() == 1);
    CHECK(table.buckets() == 400);
    CHECK(table.find("wave")->least.empty());
    check_waves(table, 400);
}

TEST_CASE("beyond its bound a table holds the last number and the extremes of buckets") {
    for (const Index rows : {401, 402, 800, 801, 1000, 12'345}) {
        const SeriesTable table = waves(400, rows);
        CAPTURE(rows);
        CHECK(table.buckets() <= 400);
        CHECK(table.buckets() >= 200);
        check_waves(table, rows);
        check_waves(waves(32'768, rows).thinned(400), rows);
    }
}

TEST_CASE("absent numbers stay absent, also where a bucket has others") {
    SeriesTable table(2);
    const auto first = table.column("first");
    for (const double number : {1.0, absent, absent, absent, 5.0}) {
        table.add_row();
        table.set(first, number);
    }
    const auto second = table.column("second");  // which begins in the last row
    table.set(second, -std::numeric_limits<double>::infinity());
    CHECK(table.rows_per_bucket() == 4);
    CHECK(table.find("first")->last == std::vector<double>{1, 5});
    CHECK(std::isnan(table.find("second")->last[1]));
    table.set(second, 2);
    CHECK(table.find("second")->last[1] == 2);
    CHECK(std::isnan(table.find("second")->low(0)));
    CHECK(table.find("third") == nullptr);
    CHECK(table.column("second") == second);
}

TEST_CASE("extremes beyond float are the greatest of float") {
    SeriesTable table(2);
    const auto column = table.column("x");
    for (const double number : {1e300, -1e300, 0.0}) {
        table.add_row();
        table.set(column, number);
    }
    CHECK(table.find("x")->high(0) == static_cast<double>(std::numeric_limits<float>::max()));
    CHECK(table.find("x")->low(0) == -static_cast<double>(std::numeric_limits<float>::max()));
}

TEST_CASE("a table has room for an even number of buckets") {
    CHECK_THROWS_AS(SeriesTable(0), gradiva::Error);
    CHECK_THROWS_AS(SeriesTable(3), gradiva::Error);
}

TEST_CASE("a restored table goes on as the one that was saved") {
    for (const Index rows : {0, 3, 400, 1000}) {
        SeriesTable saved = waves(400, rows), restored(400);
        restored.column("of before");
        gradiva::restore("test", gradiva::image_of(saved), restored);
        CAPTURE(rows);
        check_waves(restored, rows);
        CHECK(restored.columns().size() == 1);
        for (Index row = rows; row < rows + 500; ++row) {
            restored.add_row();
            restored.set(0, wave(row));
        }
        check_waves(restored, rows + 500);
    }
}

TEST_CASE("what is no table is not restored") {
    SeriesTable saved = waves(800, 800), restored(400);
    CHECK_THROWS_WITH(gradiva::restore("test", gradiva::image_of(saved), restored), ContainsText("800 rows"));
}
