// What README.md and docs/deployment.md show in C++ of saved and exported policies. A test of tests/architecture
// holds their lines against those of this file.

#include <gradiva/gradiva.hpp>
#include <gradiva/io.hpp>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "helpers/temporary_folder.hpp"

using namespace gradiva;

namespace {

const std::vector<float> observation = {0.01F, -0.02F, 0.03F, 0.5F};

void check(bool right, const char* what) { require(right, "{} is not as it should be", what); }

template <class A>
void act_in_another_program(const A& actor) {
    Rng rng(1, Purpose::evaluation_action, 0);
    SavedPolicy policy("cartpole.safetensors");
    int action = 0;
    policy.act(observation, action);
    int expected = 0;
    Acting acting(actor);
    acting.act(observation, expected);
    check(action == expected, "the most probable action");
    policy.act(observation, action, {.rng = &rng});
    check(action == 0 || action == 1, "a sampled action");
}

template <class V>
void act_in_an_episode(const V& envs) {
    save_policy("remembering.safetensors", Actor(envs, Gru{.units = 8}));
    SavedPolicy policy("remembering.safetensors");
    int action = -1;
    Episode episode = policy.begin();          // at the beginning of an episode
    policy.act(observation, episode, action);  // its state goes on by one step; options as above
    check(action == 0 || action == 1, "an action in an episode");
    check(episode.state<float>()[0] != 0, "the state of an episode");
    episode.restart();
    check(episode.state<float>()[0] == 0, "the state at the beginning of an episode");
}

template <class V, class A, class C>
void train_further(const V& envs, const A& actor, const C& critic) {
    Actor again(envs, Mlp{.hidden = {64, 64}});
    Critic again_critic(envs, Mlp{.hidden = {64, 64}});
    load_policy("cartpole.safetensors", again, again_critic);
    check(std::ranges::equal(again.weights(), actor.weights()), "the actor");
    check(std::ranges::equal(again_critic.weights(), critic.weights()), "the critic");
}

/// A Linear as PyTorch saves it, with the first of the values.
void add_linear(SafetensorsWriter& file, const std::string& name, Index inputs, Index outputs,
                const std::vector<float>& values) {
    file.add(name + ".weight", std::vector<Index>{outputs, inputs}, values.data());
    file.add(name + ".bias", std::vector<Index>{outputs}, values.data());
}

template <class A, class C>
void load_from_torch(A& actor, C& critic) {
    const std::vector<float> values(64 * 64, 0.125F);
    SafetensorsWriter file;
    for (const char* part : {"actor", "critic"}) {
        add_linear(file, part + std::string(".0"), 4, 64, values);
        add_linear(file, part + std::string(".2"), 64, 64, values);
        add_linear(file, part + std::string(".4"), 64, part == std::string("actor") ? 2 : 1, values);
    }
    file.write("model.safetensors");
    load_torch_mlp("model.safetensors", actor, {.prefix = "actor"});
    load_torch_mlp("model.safetensors", critic, {.prefix = "critic"});
    const auto is_value = [](float weight) { return weight == 0.125F; };
    check(std::ranges::all_of(actor.weights(), is_value), "the actor from PyTorch");
    check(std::ranges::all_of(critic.weights(), is_value), "the critic from PyTorch");
}

template <class V>
void load_memory_from_torch(const V& envs) {
    const std::vector<float> values(3 * 64 * 64, 0.125F);
    SafetensorsWriter file;
    add_linear(file, "encoder.0", 4, 32, values);
    add_linear(file, "actor.0", 64, 64, values);
    add_linear(file, "actor.2", 64, 2, values);
    file.add("gru.weight_ih_l0", std::vector<Index>{3 * 64, 32}, values.data());
    file.add("gru.weight_hh_l0", std::vector<Index>{3 * 64, 64}, values.data());
    for (const char* name : {"gru.bias_ih_l0", "gru.bias_hh_l0"}) {
        file.add(name, std::vector<Index>{3 * 64}, values.data());
    }
    file.write("recurrent.safetensors");
    Actor remembering(envs, Gru{.before = {32}, .units = 64, .after = {64}});
    load_torch_recurrent("recurrent.safetensors", remembering,
                         {.before = {"encoder.0"}, .memory = "gru", .after = {"actor.0", "actor.2"}});
    const auto is_value = [](float weight) { return weight == 0.125F; };
    check(std::ranges::all_of(remembering.weights(), is_value), "the memory from PyTorch");
}

}  // namespace

int main() {
    const gradiva_test::TemporaryFolder folder("deployment");
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    Vectorized envs(TimeLimit(CartPole{}, 500), {.count = 2, .seed = 1});
    Actor actor(envs, Mlp{.hidden = {64, 64}});
    Critic critic(envs, Mlp{.hidden = {64, 64}});
    save_policy("cartpole.safetensors", actor, critic);
    export_onnx("cartpole.onnx", actor);
    export_c("cartpole.h", actor, {.name = "cartpole"});
    check(std::filesystem::exists("cartpole.onnx") && std::filesystem::exists("cartpole.h"), "a file");
    act_in_another_program(actor);
    act_in_an_episode(envs);
    train_further(envs, actor, critic);
    load_from_torch(actor, critic);
    load_memory_from_torch(envs);
    std::filesystem::current_path(before);
}
