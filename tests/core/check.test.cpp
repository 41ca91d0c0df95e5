#include "catch.hpp"

#include "gradiva/core/check.hpp"

#include <type_traits>

using namespace gradiva;

static_assert(std::is_base_of_v<std::runtime_error, Error>);

TEST_CASE("fail throws an Error with the formatted text") {
    CHECK_THROWS_AS(fail("nothing"), Error);
    CHECK_THROWS_WITH(fail("clip is {}; give a number from {} to {}", -0.5, 0, 1),
                      "clip is -0.5; give a number from 0 to 1");
}

TEST_CASE("require throws the text when its condition does not hold, and only then") {
    CHECK_NOTHROW(require(true, "count is {}", 1));
    CHECK_THROWS_AS(require(false, "count is {}", 0), Error);
    CHECK_THROWS_WITH(require(false, "{}: count is {}", "Threads", 0), "Threads: count is 0");
}

namespace {
int calls = 0;
void count_call(const char*) { ++calls; }
}  // namespace

TEST_CASE("code with exceptions calls no error handler, and setting one returns the previous one") {
    const ErrorHandler first = set_error_handler(&count_call);
    REQUIRE(first != nullptr);
    CHECK_THROWS_AS(fail("nothing"), Error);
    CHECK(calls == 0);
    CHECK(set_error_handler(nullptr) == &count_call);
    CHECK(set_error_handler(first) == first);
}
