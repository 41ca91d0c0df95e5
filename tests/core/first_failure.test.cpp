#include "catch.hpp"

#include "gradiva/core/first_failure.hpp"

#include <stdexcept>

using namespace gradiva;

TEST_CASE("all pieces of work run, and the first exception is thrown at the end") {
    FirstFailure failure;
    int runs = 0;
    CHECK(failure.attempt([&] { ++runs; }));
    CHECK_NOTHROW(failure.rethrow());
    CHECK(!failure.attempt([&] {
        ++runs;
        throw 7;
    }));
    CHECK(failure.attempt([&] { ++runs; }));
    CHECK(!failure.attempt([&] {
        ++runs;
        throw std::runtime_error("another");
    }));
    CHECK(runs == 4);
    CHECK_THROWS_AS(failure.rethrow(), int);
}

TEST_CASE("what was thrown is forgotten") {
    FirstFailure failure;
    failure.attempt([] { throw 7; });
    CHECK_THROWS_AS(failure.rethrow(), int);
    CHECK_NOTHROW(failure.rethrow());
    failure.attempt([] { throw std::runtime_error("later"); });
    CHECK_THROWS_WITH(failure.rethrow(), "later");
}
