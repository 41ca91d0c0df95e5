// expect first: gradiva: these environments are a VectorEnv already; Vectorized takes one environment
#include <gradiva/gradiva.hpp>

using namespace gradiva;

void wrong() {
    Vectorized envs(CartPole{}, {.count = 2});
    Vectorized more(envs, {.count = 3});
}
