// expect first: gradiva: a Surrogate's per_episode is bool per_episode
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::PolicyGradient {
    bool per_episode() const { return true; }
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Threads threads;
    Updater update(actor, critic, Mine{}, Adam(), {}, threads, 1);
}
