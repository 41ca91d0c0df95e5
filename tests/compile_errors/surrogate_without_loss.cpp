// expect first: gradiva: Surrogate needs template <class V> SampleLoss<V> ratio_loss(V rho, V advantage) const
#include <gradiva/gradiva.hpp>

struct Mine {
    void check() const {}
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Threads threads;
    Updater update(actor, critic, Mine{}, Adam(), {}, threads, 1);
}
