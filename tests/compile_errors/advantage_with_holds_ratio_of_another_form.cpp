// expect first: gradiva: an Advantage's holds_ratio is static constexpr bool holds_ratio = true
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::Gae {
    bool holds_ratio = true;
};

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Mine{});
}
