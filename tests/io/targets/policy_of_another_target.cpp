// A saved policy in another process: one that a build with another -march has written is read, which replays its
// examples; and one with normalised observations plays the same episodes, to the bit, in the process that saves it and
// in another.

#include <algorithm>
#include <cstdio>
#include <gradiva/env/time_limit.hpp>
#include <gradiva/env/vectorized.hpp>
#include <gradiva/environments/pendulum.hpp>
#include <gradiva/io/save_policy.hpp>
#include <gradiva/io/saved_policy.hpp>
#include <gradiva/train/evaluate.hpp>
#include <string_view>
#include <vector>

#include "io/policy_table.hpp"

using namespace gradiva;

namespace {

void write(const char* path) {
    using Values = SquashedGaussian<float>;
    const HybridSpace space{.choice = {.n = 3}, .box = gradiva_test::table_box};
    gradiva_test::with_policy<float>(
        "", Hybrid<float, Values>(3, Values(space.box)), space, true,
        {.mlp = {.hidden = {16, 16}, .layer_norm = true, .normalize_observations = true}, .mean = 100},
        [&](const auto&, const auto& actor) { save_policy(path, actor); });
}

bool acts(const char* path) {
    SavedPolicy policy(path);
    const std::vector<float> observation = {0.5F, 1, 100};
    std::vector<float> values(2, -100);
    int choice = -1;
    policy.act(observation, choice, values, {.legal = std::vector<std::uint8_t>{0, 1, 0}});
    return choice == 1 && values[0] >= -1 && values[0] <= 1 && values[1] >= 0 && values[1] <= 3;
}

template <class A>
void print_returns(const A& actor) {
    const Evaluation played = evaluate(actor, TimeLimit(Pendulum{}, 200), {.episodes = 3, .greedy = false, .seed = 5});
    std::printf("%a %a\n", played.mean_return, played.std_return);
}

void save(const char* path) {
    const Vectorized envs(Pendulum{}, {.count = 1, .seed = 4});
    Actor actor(envs, Mlp{.hidden = {16}, .normalize_observations = true}, Beta<float>(envs.action_space()));
    gradiva_test::scatter(actor, {.mlp = {}, .mean = 0.3});
    save_policy(path, actor);
    print_returns(actor);
}

void play(const char* path) {
    SavedPolicy(path).with_actor([](const auto& actor) { print_returns(actor); });
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const std::string_view what = argv[1];
    if (what == "read") return acts(argv[2]) ? 0 : 1;
    if (what == "write") write(argv[2]);
    if (what == "save") save(argv[2]);
    if (what == "play") play(argv[2]);
    return 0;
}
