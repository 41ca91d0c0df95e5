#include "catch.hpp"

#include "gradiva/core/failure.hpp"

#include <stdexcept>
#include <string>

using namespace gradiva;

TEST_CASE("all attempts run, and the first exception is rethrown at the end") {
    CaughtException failure;
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

TEST_CASE("a rethrown exception is not kept") {
    CaughtException failure;
    failure.attempt([] { throw 7; });
    CHECK_THROWS_AS(failure.rethrow(), int);
    CHECK_NOTHROW(failure.rethrow());
    failure.attempt([] { throw std::runtime_error("later"); });
    CHECK_THROWS_WITH(failure.rethrow(), "later");
}

TEST_CASE("a failure is true from the first exception until it is rethrown") {
    CaughtException failure;
    CHECK(!failure);
    failure.attempt([] {});
    CHECK(!failure);
    failure.attempt([] { throw 7; });
    CHECK(failure);
    CHECK_THROWS_AS(failure.rethrow(), int);
    CHECK(!failure);
}

TEST_CASE("undo is called once, and only when the body throws") {
    int undone = 0, value = 7;
    const auto undo = [&] { ++undone; };
    CHECK(undo_unless_done([] { return 3; }, undo) == 3);
    CHECK(&undo_unless_done([&]() -> int& { return value; }, undo) == &value);
    CHECK(undone == 0);
    CHECK_THROWS_WITH(undo_unless_done([] { throw std::runtime_error("as it was"); }, undo), "as it was");
    CHECK(undone == 1);
    CHECK_THROWS_AS(undo_unless_done([]() -> int { throw 7; }, undo), int);
    CHECK(undone == 2);
}

TEST_CASE("an Error gets a prefix, other exceptions and results do not") {
    int texts = 0;
    const auto text = [&] {
        ++texts;
        return std::string("PpoClip: iteration 3");
    };
    CHECK(with_prefix([] { return 3; }, text) == 3);
    CHECK_THROWS_WITH(with_prefix([] { throw std::runtime_error("full"); }, text), "full");
    CHECK(texts == 0);
    CHECK_THROWS_AS(with_prefix([] { fail("{} is full", "a disk"); }, text), Error);
    CHECK_THROWS_WITH(with_prefix([]() -> int { fail("{} is full", "a disk"); }, text),
                      "PpoClip: iteration 3: a disk is full");
    CHECK(texts == 2);
}

TEST_CASE("any exception becomes an Error with its text") {
    const auto text = [](const char* what) { return std::string("step 3 threw: ") + what; };
    CHECK(as_error([] { return 3; }, text) == 3);
    CHECK_THROWS_AS(as_error([] { throw std::out_of_range("too {far}"); }, text), Error);
    CHECK_THROWS_WITH(as_error([] { throw std::out_of_range("too {far}"); }, text), "step 3 threw: too {far}");
    CHECK_THROWS_WITH(as_error([]() -> int { throw 7; }, text), "step 3 threw: what is no std::exception");
}
