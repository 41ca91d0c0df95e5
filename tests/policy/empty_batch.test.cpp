#include "policy/empty_batch.hpp"

#include "catch.hpp"

using namespace gradiva_test;

TEMPLATE_TEST_CASE("Networks of any width take a batch of no samples", "", float, double) {
    CHECK(networks_take_nothing<TestType>());
}

TEMPLATE_TEST_CASE("Actors over every distribution take a batch of no samples", "", float, double) {
    CHECK(actors_take_nothing<TestType>());
}

TEMPLATE_TEST_CASE("Critics, controllers and losses take a batch of no samples", "", float, double) {
    CHECK(others_take_nothing<TestType>());
}
