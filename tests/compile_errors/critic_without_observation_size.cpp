// expect first: gradiva: ValueFunction needs Index observation_size() const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::Critic<gradiva::MlpNetwork<float>> {
    using Critic::Critic;
    void observation_size() const {}
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Mine critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{});
}
