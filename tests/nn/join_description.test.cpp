#include "catch.hpp"

#include "gradiva/nn/join_description.hpp"

#include <variant>
#include <vector>

using namespace gradiva;

TEST_CASE("convolutions in a Join, and in a Join within it, take the observation's shape") {
    const std::vector<Index> shape{6, 5, 2};
    const Join inner{.networks = {Convolution{}, Mlp{}}};
    const Join join = with_observation_shape(Join{.networks = {Mlp{}, Convolution{}, inner}}, shape);
    REQUIRE(join.networks.size() == 3);
    CHECK(std::get<Convolution>(join.networks[1].description).shape == shape);
    const Join& within = std::get<Join>(join.networks[2].description);
    CHECK(std::get<Convolution>(within.networks[0].description).shape == shape);
    const auto shape_of_rows = [&](Range rows) {
        const Join of_rows = with_observation_shape(Join{.networks = {Convolution{}}, .inputs = rows}, shape);
        return std::get<Convolution>(of_rows.networks[0].description).shape;
    };
    CHECK(shape_of_rows({0, 60}) == shape);  // all of them
    CHECK(shape_of_rows({0, 59}).empty());
    CHECK(shape_of_rows({1, 61}).empty());
}

TEST_CASE("networks of a Join are given one by one, as a vector, and as what is derived from a description") {
    struct Small : Mlp {
        Small() { hidden = {4}; }
    };
    const std::vector<NetworkPart> parts{Mlp{}, Small{}, Join{}};
    const auto count = [](const Join& join) { return join.networks.size(); };
    CHECK(count({.networks = parts}) == 3);
    CHECK(count({.networks = {parts}}) == 3);
    CHECK(count({.networks = {parts.begin(), parts.begin() + 2}}) == 2);
    CHECK(count({.networks = {parts[0], Small{}, Convolution{}, parts[2]}}) == 4);
    CHECK(std::get<Mlp>(parts[1].description).hidden == std::vector<Index>{4});
}
