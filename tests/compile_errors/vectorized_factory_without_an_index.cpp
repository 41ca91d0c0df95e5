// expect first: gradiva: a factory of environments takes the number of the one that it makes
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs([] { return CartPole{}; }, {.count = 8});
}
