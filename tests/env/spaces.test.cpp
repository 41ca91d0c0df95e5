#include "gradiva/env/spaces.hpp"

#include "catch.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/masked_grid.hpp"
#include "gradiva/environments/pendulum.hpp"

using namespace gradiva;

TEST_CASE("the spaces of environments are theirs, with whether they have masks") {
    const auto pendulum = spaces_of(Vectorized(Pendulum{}, {.count = 2}));
    CHECK(pendulum->observation == Pendulum{}.observation_space());
    CHECK(std::get<Box>(pendulum->action) == Pendulum{}.action_space());
    CHECK(!pendulum->masked);
    CHECK(spaces_of(Vectorized(MaskedGrid{}, {.count = 1}))->masked);
}

TEST_CASE("spaces of all kinds have a name, a description and a state that differs by kind and size") {
    const Box box{.size = 2, .low = {-1}, .high = {1}};
    const AnyActionSpace spaces[] = {Discrete{.n = 2}, box, MultiDiscrete{.n = {2, 3}}, MultiBinary{.size = 2},
                                     HybridSpace{.choice = {.n = 2}, .box = box}};
    const char* const kinds[] = {"Discrete", "Box", "MultiDiscrete", "MultiBinary", "HybridSpace"};
    const char* const texts[] = {"Discrete(2)", "Box(2)", "MultiDiscrete(2, 3)", "MultiBinary(2)",
                                 "HybridSpace(Discrete(2), Box(2))"};
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(kind_of(spaces[i]) == kinds[i]);
        CHECK(describe(spaces[i]) == texts[i]);
        for (std::size_t j = 0; j < 5; ++j) {
            Spaces a{.observation = box, .action = spaces[i]}, b{.observation = box, .action = spaces[j]};
            CHECK(first_difference(image_of(a), image_of(b)).empty() == (i == j));
        }
    }
    Spaces a{.observation = box}, b{.observation = box, .masked = true}, c{.observation = {.size = 3}};
    CHECK(first_difference(image_of(a), image_of(b)) == "masked");
    CHECK(first_difference(image_of(a), image_of(c)) == "observation/size");
    Spaces square{.observation = {.shape = {2, 2, 3}}}, wide{.observation = {.shape = {1, 4, 3}}};
    CHECK(first_difference(image_of(square), image_of(wide)) == "observation/shape");
}
