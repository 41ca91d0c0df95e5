// expect first: gradiva: a Surrogate's loss is a template of its number type
// expect: the third element of SampleLoss is a comparison, such as rho > high
#include <gradiva/gradiva.hpp>

struct Mine {
    void check() const {}
    template <class V>
    auto ratio_loss(const V& rho, const V& advantage) const {
        return gradiva::SampleLoss{V(-rho * advantage), V(-advantage), false};
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
