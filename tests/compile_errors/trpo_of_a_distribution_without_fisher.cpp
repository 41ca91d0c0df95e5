// expect first: gradiva: Trpo needs a distribution with void fisher(const Tape&
#include <gradiva/gradiva.hpp>

class Mine : gradiva::Categorical<float> {
public:
    using Categorical::backward, Categorical::entropy, Categorical::forward, Categorical::head_size,
        Categorical::initialise, Categorical::kl, Categorical::log_prob, Categorical::mode,
        Categorical::parameter_count, Categorical::sample, Categorical::action_shape, Categorical::Categorical;
    using Categorical::Scalar, Categorical::Tape;
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{}, Mine(2));
    Critic critic(envs, Mlp{});
    Trpo trainer(envs, actor, critic, Gae{});
}
