#include "gradiva/rollout/detail/parse_number.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "gradiva/core/index.hpp"

using namespace gradiva;
using namespace gradiva::detail;

namespace {

struct Row {
    const char* text;
    NumberKind kind;
    double value;
};

const Row rows[] = {
    {"0", NumberKind::value, 0},
    {"-0.0", NumberKind::value, -0.0},
    {"1.5", NumberKind::value, 1.5},
    {"-.25", NumberKind::value, -0.25},
    {"5.", NumberKind::value, 5},
    {"1e3", NumberKind::value, 1000},
    {"1E+3", NumberKind::value, 1000},
    {"0.1", NumberKind::value, 0.1},
    {"4.9e-324", NumberKind::value, 4.9e-324},
    {"1.7976931348623157e308", NumberKind::value, 1.7976931348623157e308},
    {"1e-400", NumberKind::value, 0.0},
    {"-1e-400", NumberKind::value, -0.0},
    {"0.0001e-399", NumberKind::value, 0.0},
    {"10000e-404", NumberKind::value, 0.0},
    {"1e-99999999999999999999", NumberKind::value, 0.0},
    {"0e99999999999999999999", NumberKind::value, 0.0},
    {"1e400", NumberKind::too_large, 0},
    {"-1e400", NumberKind::too_large, 0},
    {"0.0001e400", NumberKind::too_large, 0},
    {"10000e99999999999999999999", NumberKind::too_large, 0},
    {"", NumberKind::no_number, 0},
    {"-", NumberKind::no_number, 0},
    {".", NumberKind::no_number, 0},
    {"x", NumberKind::no_number, 0},
    {"1x", NumberKind::no_number, 0},
    {"1e", NumberKind::no_number, 0},
    {"1e+", NumberKind::no_number, 0},
    {"+1", NumberKind::no_number, 0},
    {" 1", NumberKind::no_number, 0},
    {"1 ", NumberKind::no_number, 0},
    {"1,5", NumberKind::no_number, 0},
    {"1.2.3", NumberKind::no_number, 0},
    {"--1", NumberKind::no_number, 0},
    {"0x10", NumberKind::no_number, 0},
};

void check(const Row& row, const ParsedNumber<double>& parsed) {
    CAPTURE(row.text);
    CHECK(parsed.kind == row.kind);
    if (row.kind != NumberKind::value || parsed.kind != row.kind) return;
    CHECK(parsed.value == row.value);
    CHECK(std::signbit(parsed.value) == std::signbit(row.value));
}

}  // namespace

TEST_CASE("A real number is read whole, as 0 where it is too small, and not where it is too large") {
    for (const Row& row : rows) check(row, parse_number<double>(row.text));
    CHECK(parse_number<double>("inf").value == std::numeric_limits<double>::infinity());
    CHECK(std::isnan(parse_number<double>("nan").value));
}

TEST_CASE("Whether a decimal number is below 1 follows from its first digit and its exponent") {
    for (const char* below : {"0.5", "-0.99", ".9", "10e-2", "9.9e-1", "0.01e1", "999e-3", "1E-1"}) {
        CAPTURE(below);
        CHECK(is_below_one(below));
    }
    for (const char* above : {"1", "-1.0", "10e-1", "0.1e1", "1e+0", "1000e-3", "0.001e3", "7"}) {
        CAPTURE(above);
        CHECK_FALSE(is_below_one(above));
    }
}

TEST_CASE("Without the standard library's from_chars real numbers are read alike") {
    for (const Row& row : rows) check(row, parse_by_stream<double>(row.text));
    CHECK(parse_by_stream<double>("nan").kind == NumberKind::no_number);
    CHECK(parse_by_stream<double>("").kind == NumberKind::no_number);
}

TEST_CASE("A string of zeros before or behind the point does not make a number too large or too small") {
    const std::string zeros(500, '0');
    for (const auto parse : {parse_number<double>, parse_by_stream<double>}) {
        CHECK(parse(zeros + "2").value == 2);
        CHECK(parse("0." + zeros + "1e501").value == 1);
        CHECK(parse("1" + zeros + "e-500").value == 1);
        CHECK(parse("1" + zeros).kind == NumberKind::too_large);
        CHECK(parse("0." + zeros + "1").kind == NumberKind::value);
        CHECK(parse("0." + zeros + "1").value == 0);
        CHECK(parse("1" + zeros + "e-1000").value == 0);
        CHECK(parse("1" + zeros + "e-1000").kind == NumberKind::value);
    }
}

TEST_CASE("A whole number is read whole, and not where it is too large") {
    CHECK(parse_number<Index>("-12").value == -12);
    CHECK(parse_number<Index>("9223372036854775807").value == std::numeric_limits<Index>::max());
    CHECK(parse_number<Index>("9223372036854775808").kind == NumberKind::too_large);
    CHECK(parse_number<Index>("-9223372036854775809").kind == NumberKind::too_large);
    for (const char* text : {"", "-", "1.5", "1e3", " 1", "+1", "9223372036854775808x"}) {
        CAPTURE(text);
        CHECK(parse_number<Index>(text).kind == NumberKind::no_number);
    }
}
