// expect first: gradiva: this formula works with single numbers only
#include <gradiva/gradiva.hpp>

struct Mine {
    void check() const {}
    template <class V>
    auto ratio_loss(const V& rho, const V& advantage) const {
        const V held = std::min(rho, V(1.2));
        return gradiva::SampleLoss{-held * advantage, -advantage};
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
