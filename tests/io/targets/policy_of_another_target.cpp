// Writes a saved policy, or reads one that a build with another -march has written: reading replays its examples.

#include <algorithm>
#include <cstdio>
#include <gradiva/io/save_policy.hpp>
#include <gradiva/io/saved_policy.hpp>
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

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    if (std::string_view(argv[1]) == "write") {
        write(argv[2]);
        return 0;
    }
    return acts(argv[2]) ? 0 : 1;
}
