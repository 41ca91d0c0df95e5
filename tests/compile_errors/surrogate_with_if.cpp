// expect first: gradiva: this formula works with single numbers only
#include <gradiva/gradiva.hpp>

struct Mine {
    void check() const {}
    template <class V>
    auto ratio_loss(const V& rho, const V& advantage) const {
        if (rho > 1.2) return gradiva::SampleLoss{V(0), V(0)};
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
