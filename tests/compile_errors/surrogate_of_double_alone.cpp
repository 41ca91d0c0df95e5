// expect first: gradiva: a Surrogate's loss is a template of its number type
#include <gradiva/gradiva.hpp>

struct Mine {
    void check() const {}
    gradiva::SampleLoss<double> ratio_loss(double rho, double advantage) const {
        return {-rho * advantage, -advantage};
    }
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Threads threads;
    Updater update(actor, critic, Mine{}, Adam(), {}, threads, 1);
}
