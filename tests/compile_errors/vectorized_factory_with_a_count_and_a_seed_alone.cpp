// expect first: gradiva: Vectorized takes its options by name: Vectorized envs(env, {.count = 8, .seed = 1})
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs([](Index) { return CartPole{}; }, 8, 42);
}
