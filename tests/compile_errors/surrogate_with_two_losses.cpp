// expect first: gradiva: Surrogate has one loss, ratio_loss or log_prob_loss, and not both
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::PolicyGradient {
    template <class V>
    auto ratio_loss(const V& rho, const V& advantage) const {
        return gradiva::SampleLoss{-rho * advantage, -advantage};
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
