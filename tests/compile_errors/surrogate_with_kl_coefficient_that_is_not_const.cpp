// expect first: gradiva: a Surrogate's kl_coefficient is double kl_coefficient() const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::PolicyGradient {
    double kl_coefficient() { return 1; }
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Threads threads;
    Updater update(actor, critic, Mine{}, Adam(), {}, threads, 1);
}
