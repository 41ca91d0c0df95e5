// expect first: gradiva: Policy needs std::span<Scalar> weights()
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Controller left(envs, [](std::span<const float>, Rng&, ActionView action) {
        action.integers(0, 0) = 0;
        return 0.0;
    });
    evaluate(left, env);
}
