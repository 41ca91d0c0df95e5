// expect first: gradiva: this formula works with single numbers only
#include <gradiva/gradiva.hpp>

struct Mine {
    void check() const {}
    template <class V>
    auto log_prob_loss(const V& log_prob, const V& advantage) const {
        const V p = V(std::exp(log_prob));
        return gradiva::SampleLoss{-p * advantage, -p * advantage};
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
