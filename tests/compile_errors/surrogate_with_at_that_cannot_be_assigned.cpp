// expect first: gradiva: a Surrogate with at can be assigned
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::PolicyGradient {
    const double eps = 0.2;
    Mine at(double) const { return {}; }
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Threads threads;
    Updater update(actor, critic, Mine{}, Adam(), {}, threads, 1);
}
