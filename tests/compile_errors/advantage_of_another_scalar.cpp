// expect first: gradiva: this Advantage takes no Rollout of the actor's Scalar
#include <gradiva/gradiva.hpp>

struct Mine {
    void check(bool) const {}
    void operator()(gradiva::Rollout<float>&) const {}
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{}, Categorical<double>(2));
    Critic<MlpNetwork<double>> critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Mine{});
}
