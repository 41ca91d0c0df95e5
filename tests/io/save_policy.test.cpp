#include "gradiva/io/save_policy.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/environments/masked_grid.hpp"
#include "gradiva/io/safetensors_file.hpp"
#include "gradiva/io/saved_policy.hpp"
#include "helpers/temporary_folder.hpp"
#include "helpers/temporary_path.hpp"
#include "io/policy_table.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

const Vectorized envs(TimeLimit(CartPole{}, 500), {.count = 1});

template <class... Arguments>
std::string error_of_saving(const Arguments&... arguments) {
    try {
        save_policy(arguments...);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

using Extents = std::vector<Index>;

}  // namespace

TEST_CASE("a saved policy holds the actor, the critic if it is given, and eight examples") {
    const TemporaryPath path("policy.safetensors");
    const Vectorized grid(MaskedGrid{}, {.count = 1});
    const Actor actor(grid, Mlp{.hidden = {8}, .normalize_observations = true});
    save_policy(path.text(), actor, Critic(grid, Mlp{.hidden = {4}}));
    const SafetensorsFile file(path.text());
    CHECK(file.has_checksum());
    CHECK(*file.find_text("gradiva.policy") == "1");
    CHECK(file.find_text("gradiva.version") != nullptr);
    const Index inputs = actor.observation_size(), choices = actor.head_size();
    CHECK(file.find("actor/network/parameters")->shape == Extents{static_cast<Index>(actor.weights().size())});
    CHECK(file.find("actor/network/normalizer/mean")->shape == Extents{inputs});
    CHECK(file.find("critic/network/widths") != nullptr);
    CHECK(file.find("examples/observation")->shape == Extents{8, inputs});
    CHECK(file.find("examples/mask")->shape == Extents{8, choices});
    CHECK(file.find("examples/head")->shape == Extents{8, choices});
    CHECK(file.find("examples/integers")->shape == Extents{8, 1});
    CHECK(file.find("examples/reals") == nullptr);

    save_policy(path.text(), actor);
    CHECK(SafetensorsFile(path.text()).find("critic/network/widths") == nullptr);
}

TEST_CASE("an actor that was built from parts is saved with the environments it is for") {
    const TemporaryPath path("policy.safetensors");
    const Actor<MlpNetwork<float>, Categorical<float>> parts(MlpNetwork<float>(4, 2, Mlp{.hidden = {3}}, Rng(1)),
                                                             Categorical<float>(2));
    CHECK_THAT(error_of_saving(path.text(), parts), ContainsText("save it by save_policy(file, actor, envs)"));
    save_policy(path.text(), parts, envs);
    CHECK(SavedPolicy(path.text()).spaces() == *spaces_of(envs));
    save_policy(path.text(), parts, Critic(envs, Mlp{}), envs);
    CHECK(SafetensorsFile(path.text()).find("critic/network/widths") != nullptr);

    const Vectorized grid(MaskedGrid{}, {.count = 1});
    CHECK_THAT(error_of_saving(path.text(), parts, grid),
               ContainsText("save_policy: the actor takes observations of 4"));
}

TEST_CASE("weights that are not finite are not saved, and a former file stays") {
    const TemporaryPath path("policy.safetensors");
    Actor actor(envs, Mlp{.hidden = {3}});
    Critic critic(envs, Mlp{.hidden = {3}});
    save_policy(path.text(), actor, critic);
    const std::string before = read_text(path.text());
    critic.weights()[2] = std::numeric_limits<float>::infinity();
    CHECK_THAT(error_of_saving(path.text(), actor, critic), ContainsText("critic/network/parameters[2] is inf"));
    actor.weights()[1] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THAT(error_of_saving(path.text(), actor),
               ContainsText("save_policy '" + path.text() + "': actor/network/parameters[1] is nan"));
    actor.weights()[1] = 3e38F;  // finite, and heads are not
    for (float& weight : actor.weights()) weight = 3e38F;
    CHECK_THAT(error_of_saving(path.text(), actor), ContainsText("of the head of the policy is"));
    CHECK(read_text(path.text()) == before);
}

TEST_CASE("a path that cannot be written is an error") {
    const Actor actor(envs, Mlp{.hidden = {3}});
    CHECK_THAT(error_of_saving(std::string("/no/such/folder/policy"), actor), ContainsText("cannot open"));
    CHECK_THAT(error_of_saving(std::string(), actor), ContainsText("the path is empty"));
}
