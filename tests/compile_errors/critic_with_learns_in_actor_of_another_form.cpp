// expect first: gradiva: a ValueFunction's learns_in_actor is static constexpr bool learns_in_actor = true
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::Critic<gradiva::MlpNetwork<float>> {
    using Critic::Critic;
    bool learns_in_actor = false;
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Mine critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{});
}
