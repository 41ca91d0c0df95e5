#include "gradiva/env/describe_environments.hpp"

#include <cstdint>
#include <string>

#include "catch.hpp"
#include "gradiva/core/description_writer.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/environments/cart_pole_batch.hpp"

using namespace gradiva;

namespace {

template <class V>
struct Owner {
    V envs;
    void visit_state(State& state) { describe_environments(state, envs); }
};

DescriptionValue text(const char* value) { return std::string(value); }

}  // namespace

TEST_CASE("environments are described by type, number, seed and spaces, and not saved") {
    using Envs = Vectorized<TimeLimit<CartPole>>;
    Owner<Envs> owner{Envs(TimeLimit(CartPole{}, 500), {.count = 3, .seed = 7})};
    const Description description = description_of(owner);
    CHECK(*description.find("environment") == text("TimeLimit<CartPole>"));
    CHECK(*description.find("environments/count") == DescriptionValue(std::int64_t{3}));
    CHECK(*description.find("environments/seed") == DescriptionValue(std::int64_t{7}));
    CHECK(*description.find("environments/observation_space/size") == DescriptionValue(std::int64_t{4}));
    CHECK(*description.find("environments/action_space/n") == DescriptionValue(std::int64_t{2}));
    CHECK(description.find("environments/observation_space/shape") == nullptr);
    CHECK(image_of(owner).arrays().empty());
}

TEST_CASE("environments that are one object have the name of its type") {
    Owner<CartPoleBatch> owner{CartPoleBatch({.count = 2, .seed = 5})};
    CHECK(*description_of(owner).find("environment") == text("CartPoleBatch"));
    CHECK(*description_of(owner).find("environments/seed") == DescriptionValue(std::int64_t{5}));
}
