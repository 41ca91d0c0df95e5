#include "gradiva/callbacks/detail/sparkline.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "catch.hpp"
#include "gradiva/core/terminal.hpp"

using namespace gradiva;
using gradiva::detail::Sparkline;

TEST_CASE("a sparkline goes from the lowest to the highest block") {
    Sparkline line;
    CHECK(line.text(8).empty());
    line.add(-3);
    CHECK(line.text(8).empty());
    for (int i = -2; i <= 4; ++i) line.add(i);
    CHECK(line.text(8) == "▁▂▃▄▅▆▇█");
    CHECK(line.text(100) == "▁▂▃▄▅▆▇█");
    CHECK(line.text(2) == "▁█");
    CHECK(line.text(1).empty());
    CHECK(line.text(0).empty());
    line.clear();
    CHECK(line.text(8).empty());
}

TEST_CASE("a sparkline of any length keeps the shape of the whole series") {
    Sparkline line;
    for (int i = 0; i < 100'000; ++i) line.add(std::abs(i - 50'000));
    const std::string blocks = line.text(16);
    CHECK(count_characters(blocks) == 16);
    CHECK(blocks.starts_with("█"));
    CHECK(blocks.ends_with("█"));
    CHECK(blocks.find("▁") != std::string::npos);
}

TEST_CASE("a sparkline leaves out what is not finite, and is flat where nothing changes") {
    Sparkline line;
    line.add(std::numeric_limits<double>::quiet_NaN());
    for (int i = 0; i < 4; ++i) line.add(7);
    line.add(std::numeric_limits<double>::infinity());
    CHECK(line.text(9) == "▁▁▁▁");
    line.clear();
    line.add(1e308);
    line.add(-1e308);  // whose range is not finite
    CHECK(count_characters(line.text(9)) == 2);
}
