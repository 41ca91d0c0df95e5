#include "gradiva/env/detail/random_actions.hpp"

#include <array>
#include <map>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/action_access.hpp"

using namespace gradiva;

namespace {

constexpr Index many = 4000;

template <class Space>
ActionBatch drawn(const Space& space, const ActionMask& legal = all_legal(many), bool unclipped = false) {
    ActionBatch actions;
    actions.resize(action_shape_of(space), many);
    detail::RandomActions<Space> draws(space, Rng(3, Purpose::action), unclipped);
    for (Index j = 0; j < many; ++j) draws.draw(actions.all(), legal, j);
    return actions;
}

/// What share of the actions is so.
template <class Is>
double share(const Is& is) {
    Index count = 0;
    for (Index j = 0; j < many; ++j) count += is(j) ? 1 : 0;
    return static_cast<double>(count) / many;
}

/// How often each combination of choices is drawn; the first eight are the lowest, the ninth the highest.
template <class Space>
std::map<std::vector<int>, Index> combinations(const Space& space, const std::vector<int>& highest) {
    const ActionBatch actions = drawn(space);
    std::map<std::vector<int>, Index> counts;
    for (Index j = 0; j < many; ++j) {
        std::vector<int> choice;
        for (Index i = 0; i < actions.all().integers.rows(); ++i) choice.push_back(actions.all().integers(i, j));
        if (j < 8) CHECK(choice == std::vector<int>(choice.size(), 0));
        if (j == 8) CHECK(choice == highest);
        ++counts[choice];
    }
    return counts;
}

/// The least and the largest number that is drawn of a box of one; it is the first and the ninth.
std::pair<float, float> reach(const Box& box) {
    const ActionBatch actions = drawn(box);
    const auto numbers = actions.all().reals;
    CHECK(numbers(0, 0) == numbers.minCoeff());
    CHECK(numbers(0, 7) == numbers.minCoeff());
    CHECK(numbers(0, 8) == numbers.maxCoeff());
    return {numbers.minCoeff(), numbers.maxCoeff()};
}

}  // namespace

TEST_CASE("Random actions hold every combination of choices, the lowest first, the highest next") {
    CHECK(combinations(Discrete{.n = 4}, {3}).size() == 4);
    CHECK(combinations(MultiDiscrete{{2, 3, 2}}, {1, 2, 1}).size() == 12);
    CHECK(combinations(MultiBinary{.size = 3}, {1, 1, 1}).size() == 8);
    CHECK(combinations(HybridSpace{.choice = {.n = 3}, .box = {.size = 1}}, {2}).size() == 3);
    const auto three = combinations(Discrete{.n = 3}, {2});
    for (const int edge : {0, 2}) {  // 1/8 besides a third of 6/8
        CHECK(static_cast<double>(three.at({edge})) / many == Catch::Approx(0.375).margin(0.03));
    }
}

TEST_CASE("Random choices are legal, and all that are legal are drawn") {
    const MultiDiscrete space{{2, 3}};
    MatrixBuffer<std::uint8_t> legal(5, many);
    for (Index j = 0; j < many; ++j) {
        for (Index i = 0; i < 5; ++i) legal(i, j) = i == j % 2 || i == 2 + j % 3 || i == 2 + (j + 1) % 3 ? 1 : 0;
    }
    const ActionBatch actions = drawn(space, std::as_const(legal).matrix());
    std::array<Index, 3> second{};  // of the two that are legal, the one after: drawn as often
    for (Index j = 0; j < many; ++j) {
        REQUIRE(actions.all().integers(0, j) == j % 2);
        const Index choice = actions.all().integers(1, j), place = (choice - j % 3 + 3) % 3;
        REQUIRE(place < 2);
        ++second[static_cast<std::size_t>(choice)];
    }
    for (const Index count : second) CHECK(static_cast<double>(count) > 0.15 * many);
}

TEST_CASE("Random numbers reach to their bounds, within 10 of the only one, or of 0") {
    CHECK(reach({.size = 1, .low = {-1}, .high = {3}}) == std::pair(-1.0F, 3.0F));
    CHECK(reach({.size = 1, .low = {5}}) == std::pair(5.0F, 15.0F));
    CHECK(reach({.size = 1, .high = {5}}) == std::pair(-5.0F, 5.0F));
    CHECK(reach({.size = 1}) == std::pair(-10.0F, 10.0F));
}

TEST_CASE("Half of the random numbers lie within their bounds, the others at these in all ways") {
    const Box box{.size = 2, .low = {-1, 2}, .high = {1, 4}};
    const ActionBatch actions = drawn(box);
    const auto at_low = [&](Index i, Index j) { return actions.all().reals(i, j) == box.low_of(i); };
    const auto at_high = [&](Index i, Index j) { return actions.all().reals(i, j) == box.high_of(i); };
    const auto at_bound = [&](Index i, Index j) { return at_low(i, j) || at_high(i, j); };
    CHECK(share([&](Index j) { return !at_bound(0, j) && !at_bound(1, j); }) == Catch::Approx(0.5).margin(0.03));
    CHECK(share([&](Index j) { return at_low(0, j) && at_high(1, j); }) == Catch::Approx(1.0 / 32).margin(0.01));
    CHECK(share([&](Index j) { return at_high(0, j) && at_low(1, j); }) == Catch::Approx(1.0 / 32).margin(0.01));
    CHECK(share([&](Index j) { return at_low(0, j) && at_low(1, j); }) == Catch::Approx(5.0 / 32).margin(0.02));
    CHECK(share([&](Index j) { return at_high(0, j) && at_high(1, j); }) == Catch::Approx(5.0 / 32).margin(0.02));
    for (const Index i : {0, 1}) {
        CHECK(share([&](Index j) { return at_low(i, j) && !at_bound(1 - i, j); }) ==
              Catch::Approx(1.0 / 32).margin(0.01));
        CHECK(share([&](Index j) { return at_high(i, j) && !at_bound(1 - i, j); }) ==
              Catch::Approx(1.0 / 32).margin(0.01));
    }
}

TEST_CASE("Where they are to be as policies sample them, a quarter of the random actions reaches beyond bounds by 1") {
    const Box box{.size = 1, .low = {-1}, .high = {1}};
    const ActionBatch actions = drawn(box, all_legal(many), true);
    const auto numbers = actions.all().reals;
    CHECK(numbers.minCoeff() == -2);
    CHECK(numbers.maxCoeff() == 2);
    // Half of them are at their bounds, the others uniform.
    CHECK(share([&](Index j) { return std::abs(numbers(0, j)) == 2; }) == Catch::Approx(0.125).margin(0.02));
    CHECK(share([&](Index j) { return std::abs(numbers(0, j)) == 1; }) == Catch::Approx(0.375).margin(0.03));
    CHECK(share([&](Index j) { return std::abs(numbers(0, j)) > 1; }) == Catch::Approx(0.1875).margin(0.02));
}

TEST_CASE("Actions are described in words, of many numbers the first eight") {
    const std::vector<int> integers = {7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 1, 2, 3, 4, 5, 6, 7, 8};
    const std::vector<float> reals = {9, 9, 0.5F, -1};
    const auto text = [&](Index choices, Index numbers) {  // of the second of two actions
        return detail::describe_action(
            {{integers.data() + 9 - choices, choices, 2}, {reals.data() + 2 - numbers, numbers, 2}}, 1);
    };
    CHECK(text(1, 0) == "0");
    CHECK(text(2, 0) == "[0, 1]");
    CHECK(text(8, 0) == "[0, 1, 2, 3, 4, 5, 6, 7]");
    CHECK(text(9, 0) == "[0, 1, 2, 3, 4, 5, 6, 7, ...]");
    CHECK(text(0, 1) == "[0.5]");
    CHECK(text(0, 2) == "[0.5, -1]");
    CHECK(text(1, 2) == "0 and [0.5, -1]");
}
