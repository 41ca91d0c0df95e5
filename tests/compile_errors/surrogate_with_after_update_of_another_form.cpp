// expect first: gradiva: a Surrogate's after_update is double after_update(double beta, double mean_kl) const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::PolicyGradient {
    void after_update() {}
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Threads threads;
    Updater update(actor, critic, Mine{}, Adam(), {}, threads, 1);
}
