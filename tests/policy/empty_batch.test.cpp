#include "policy/empty_batch.hpp"

#include "catch.hpp"

using namespace gradiva_test;

TEMPLATE_TEST_CASE("networks of any width take a batch of no samples", "", float, double) {
    CHECK(networks_take_nothing<TestType>());
}

TEMPLATE_TEST_CASE("actors over every distribution take a batch of no samples", "", float, double) {
    CHECK(actors_take_nothing<TestType>());
}

TEMPLATE_TEST_CASE("critics, controllers and losses take a batch of no samples", "", float, double) {
    CHECK(others_take_nothing<TestType>());
}
