// expect first: gradiva: a Surrogate's at is S at(double progress) const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::PolicyGradient {
    double at() const { return 0; }
    double at(int) const { return 0; }
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Threads threads;
    Updater update(actor, critic, Mine{}, Adam(), {}, threads, 1);
}
