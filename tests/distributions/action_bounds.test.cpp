#include "gradiva/distributions/action_bounds.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "gradiva/env/space.hpp"

using namespace gradiva;
using Catch::Approx;

namespace {

static_assert(BoundedSpace<Box>);
static_assert(!BoundedSpace<Discrete>);

}  // namespace

TEST_CASE("action bounds map the unit interval to actions and back") {
    const ActionBounds bounds("Test", Box{.size = 2, .low = {-1, 10}, .high = {3, 12}});
    CHECK(bounds.size() == 2);
    CHECK(bounds.log_volume() == Approx(std::log(4.0 * 2.0)));
    CHECK(bounds.to_action(0, 0.25) == 0);
    CHECK(bounds.to_action(1, 0.5) == 11);
    CHECK(bounds.to_unit(0, 2) == Approx(0.75));
    CHECK(bounds.to_unit(1, 10.5F) == Approx(0.25));
    const ActionBounds same("Test", Box{.size = 2, .low = {-1}, .high = {1}});
    CHECK(same.to_action(1, 1) == 1);
}

TEST_CASE("an action at a bound is clamped inside, one beyond it is not") {
    const ActionBounds bounds("Test", Box{.size = 1, .low = {-1}, .high = {3}});
    CHECK(bounds.to_unit(0, -1) == static_cast<double>(1e-6F));
    CHECK(bounds.to_unit(0, 3) == static_cast<double>(1 - 1e-6F));
    CHECK(bounds.to_unit(0, -2) == -0.25);
    CHECK(bounds.to_unit(0, 4) == 1.25);
    CHECK(bounds.to_action(0, -5) == -1);
    CHECK(bounds.to_action(0, 5) == 3);
    CHECK(std::isnan(bounds.to_unit(0, std::nanf(""))));
    CHECK(std::isnan(bounds.to_action(0, std::nan(""))));
}

TEST_CASE("spaces without elements, or with an element that is not bounded, are refused") {
    const float infinity = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH(ActionBounds("Test", Box{.size = 0}), "Test: the action space has 0 elements; give at least 1");
    for (const auto& [low, high] :
         {std::pair{-infinity, 1.0F}, {0.0F, infinity}, {1.0F, 1.0F}, {2.0F, 1.0F}, {std::nanf(""), 1.0F}}) {
        CAPTURE(low, high);
        CHECK_THROWS_WITH(ActionBounds("Test", Box{.size = 2, .low = {0, low}, .high = {1, high}}),
                          ContainsText("Test: element 1 of the action space has the bounds"));
    }
}
