// expect first: gradiva: a Surrogate's set_progress takes (double progress)
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::PolicyGradient {
    void set_progress() {}
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Threads threads;
    Updater update(actor, critic, Mine{}, Adam(), {}, threads, 1);
}
