// expect first: gradiva: a Policy's project_gradient is bool project_gradient(std::span<Scalar> gradient) const
#include <gradiva/gradiva.hpp>

struct Mine
    : decltype(gradiva::Actor(gradiva::MlpNetwork<float>(4, 2, {}, gradiva::Rng(1)), gradiva::Categorical<float>(2))) {
    using Actor::Actor;
    bool project_gradient(std::span<float>) { return false; }
};

int main() {
    using namespace gradiva;
    CartPole env;
    Vectorized envs(env);
    Mine actor(MlpNetwork<float>(4, 2, {}, Rng(1)), Categorical<float>(2));
    Critic critic(envs, Mlp{});
    A2c trainer(envs, actor, critic, Gae{});
}
