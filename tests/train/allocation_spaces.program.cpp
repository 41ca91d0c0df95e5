// The same as allocation.program.cpp for action spaces, masks and distributions of every kind, with normalisation.
#include "helpers/count_malloc.hpp"

namespace {

using namespace gradiva;
using count_malloc::count;

/// PPO-KL asks everything of a distribution but its Fisher product.
template <class E, class MakeDistribution>
void run(const std::string& name, const E& environment, const MakeDistribution& make_distribution) {
    Vectorized envs(environment, {.count = 8, .seed = 1});
    const Mlp mlp{.hidden = {64, 64}, .normalize_observations = true};
    Actor actor(envs, mlp, make_distribution(envs.action_space()));
    Critic critic(envs, mlp);
    PpoKl trainer(envs, actor, critic, Gae{},
                  {.horizon = 64, .minibatch = 200, .epochs = 2, .entropy = 0.01, .normalize_rewards = true});
    count(name, trainer, 8 * 512, 1);
}

}  // namespace

int main() {
    return count_malloc::judge([] {
        const TimeLimit pendulum(Pendulum{}, 50);
        run("Pendulum, DiagonalGaussian", pendulum, [](const Box& box) { return DiagonalGaussian<float>(box.size); });
        run("Pendulum, StateDependentGaussian", pendulum,
            [](const Box& box) { return StateDependentGaussian<float>(box.size); });
        run("Pendulum, SquashedGaussian", pendulum, [](const Box& box) { return SquashedGaussian<float>(box); });
        run("Pendulum, Beta", pendulum, [](const Box& box) { return Beta<float>(box); });
        run("MaskedGrid, Categorical", TimeLimit(MaskedGrid{}, 30),
            [](const Discrete& space) { return Categorical<float>(space.n); });
        run("DialLock, MultiCategorical", TimeLimit(DialLock{}, 30),
            [](const MultiDiscrete& space) { return MultiCategorical<float>(space.n); });
        run("Archery, Hybrid", TimeLimit(Archery{}, 1),
            [](const HybridSpace& space) { return Hybrid<float>(space.choice.n, space.box.size); });
        run("FrameStack and RescaleAction around Pendulum", TimeLimit(FrameStack(RescaleAction(Pendulum{}), 3), 50),
            [](const Box& box) { return DiagonalGaussian<float>(box.size); });
    });
}
