#include "gradiva/nn/sequences.hpp"

#include <vector>

#include "catch.hpp"

using namespace gradiva;

namespace {

/// Three sequences of 3, 2 and 1 steps.
struct Example {
    std::vector<Index> width{3, 2, 1};
    std::vector<std::uint8_t> begins = std::vector<std::uint8_t>(6, 0);
    Matrix<float> state = Matrix<float>::Zero(4, 3);

    Sequences<float> sequences() const { return {width, begins, {state.data(), state.rows(), state.cols()}}; }
};

}  // namespace

TEST_CASE("the columns of sequences are those of step after step") {
    const Example example;
    const Sequences<float> s = example.sequences();
    CHECK(s.steps() == 3);
    CHECK(s.count() == 3);
    CHECK(s.columns() == 6);
    CHECK(s.step(0) == Range{0, 3});
    CHECK(s.step(1) == Range{3, 5});
    CHECK(s.step(2) == Range{5, 6});
    CHECK(s.offset(3) == 6);
}

TEST_CASE("sequences without steps have no columns") {
    const Sequences<double> none{};
    CHECK(none.steps() == 0);
    CHECK(none.count() == 0);
    CHECK(none.columns() == 0);
    CHECK(none.fits(0, 0));
}

TEST_CASE("sequences fit a batch whose columns and state they describe") {
    const Example right;
    CHECK(right.sequences().fits(6, 4));
    CHECK(!right.sequences().fits(5, 4));
    CHECK(!right.sequences().fits(6, 3));
    Example wrong;
    wrong.width = {2, 3, 1};
    CHECK(!wrong.sequences().fits(6, 4));
    wrong = Example();
    wrong.width = {3, 4, -1};
    CHECK(!wrong.sequences().fits(6, 4));
    wrong.width = {4, 3, -1};
    CHECK(!wrong.sequences().fits(6, 4));
    wrong = Example();
    wrong.begins.pop_back();
    CHECK(!wrong.sequences().fits(6, 4));
    wrong = Example();
    wrong.state = Matrix<float>::Zero(4, 2);
    CHECK(!wrong.sequences().fits(6, 4));
}
