// expect first: gradiva: check_env tries copies of the environment; one that cannot be copied is given as a factory
#include <memory>

#include <gradiva/gradiva.hpp>

using namespace gradiva;

struct Simulator {
    std::unique_ptr<int> handle;
    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float>) {}
    Outcome step(int, Rng&, std::span<float>) { return {}; }
};

void try_it() { check_env(Simulator{}); }
