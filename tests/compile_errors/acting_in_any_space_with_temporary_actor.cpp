// expect: gradiva: Acting borrows its actor: give it a variable, which outlives it
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Acting acting(Actor(envs, Mlp{}));
}
