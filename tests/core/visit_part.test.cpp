#include "gradiva/core/visit_part.hpp"

#include "catch.hpp"
#include "gradiva/core/state_image.hpp"

using namespace gradiva;

namespace {

struct Counter {
    int count = 4;
    void visit_state(State& state) { state("count", count); }
};

struct Plain {};

struct Whole {
    Counter counter;
    Plain plain;
    void visit_state(State& state) {
        visit_part(state, "counter", counter);
        visit_part(state, "plain", plain);
    }
};

}  // namespace

TEST_CASE("visit_part visits what has visit_state, and nothing else") {
    Whole whole;
    const StateImage image = image_of(whole);
    REQUIRE(image.arrays().size() == 1);
    CHECK(image.arrays().front().path == "counter/count");
    CHECK(!MentionsVisitState<Plain>);
    CHECK(MentionsVisitState<Counter>);
}
