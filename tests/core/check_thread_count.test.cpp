#include "gradiva/core/check_thread_count.hpp"

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("a number of threads from 1 to the largest is returned, another one is refused by name") {
    CHECK(check_thread_count("Test", 1) == 1);
    CHECK(check_thread_count("Test", Threads::most) == Threads::most);
    CHECK_THROWS_WITH(check_thread_count("Test", 0), "Test: threads is 0; give at least 1");
    CHECK_THROWS_WITH(check_thread_count("Test", Threads::most + 1),
                      "Test: threads is 1025; give at most 1024, best as many as cores");
}
