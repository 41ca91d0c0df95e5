// Checking an environment of images takes memory in proportion to one image, not to all that were seen.
#include <sys/resource.h>

#include <fmt/format.h>

#include "gradiva/env/check_env.hpp"

namespace {

using namespace gradiva;

struct Images {
    int k = 0;
    Box observation_space() const { return {.size = 84 * 84, .low = {0}, .high = {1}}; }
    Discrete action_space() const { return {.n = 4}; }
    void reset(Rng& rng, std::span<float> o) { k = 0, draw(rng, o); }
    Outcome step(int, Rng& rng, std::span<float> o) {
        return draw(rng, o), Outcome{.reward = 1, .terminated = ++k == 50};
    }
    static void draw(Rng& rng, std::span<float> o) {
        const auto first = static_cast<float>(rng.uniform());
        for (float& x : o) x = first;
    }
};

}  // namespace

int main() {
    gradiva::check_env(Images{});
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    const long most_megabytes = 64;
    fmt::print("{} MB\n", use.ru_maxrss / 1024);
    return use.ru_maxrss / 1024 <= most_megabytes ? 0 : 1;
}
