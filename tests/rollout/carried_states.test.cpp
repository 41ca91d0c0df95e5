#include "gradiva/rollout/carried_states.hpp"

#include <algorithm>

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("carried states are zero at first, those of the last step later, and zero again where an episode begins") {
    CarriedStates<float> states(2, {5, 8});
    CHECK(states.of({5, 8}) == Matrix<float>::Zero(2, 3));
    Matrix<float> after(2, 2);
    after << 1, 2, 3, 4;
    states.take({6, 8}, {after.data(), 2, 2});
    CHECK(states.of({6, 8}) == after);
    CHECK(states.of({5, 6}) == Matrix<float>::Zero(2, 1));
    states.clear({6, 7});
    CHECK(states.of({6, 7}) == Matrix<float>::Zero(2, 1));
    CHECK(states.of(7)[0] == 2);
    CHECK(states.of(7)[1] == 4);
}

TEST_CASE("one step of some environments is a sequence of one column each, in which no episode begins") {
    CarriedStates<float> states(1, {2, 6});
    const Matrix<float> after = Matrix<float>::Constant(1, 4, 3);
    states.take({2, 6}, {after.data(), 1, 4});
    const Sequences<float> step = states.one_step({3, 6});
    REQUIRE(step.width.size() == 1);
    CHECK(step.width[0] == 3);
    CHECK(step.fits(3, 1));
    CHECK(std::none_of(step.begins.begin(), step.begins.end(), [](auto begins) { return begins != 0; }));
    CHECK(step.state == after.leftCols(3));
}
