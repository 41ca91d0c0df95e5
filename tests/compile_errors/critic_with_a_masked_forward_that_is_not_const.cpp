// expect first: gradiva: a ValueFunction's forward with a mask is ConstVectorMap<Scalar> forward(
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::Critic<gradiva::MlpNetwork<float>> {
    using Critic::Critic;
    using Critic::forward;
    gradiva::ConstVectorMap<float> forward(gradiva::ConstMatrixRef<float> x, gradiva::ActionMask, Tape& tape) {
        return forward(x, tape);
    }
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Mine critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{});
}
