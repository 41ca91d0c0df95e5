// expect: gradiva: a Surrogate's clips is static constexpr bool clips
#include <gradiva/gradiva.hpp>

struct Clips : gradiva::PolicyGradient {
    bool clips = true;
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Threads threads;
    Updater update(actor, critic, Clips{}, Adam(), {}, threads, 1);
}
