// expect: gradiva: record_episodes plays in environments of its own: give it one environment
#include <gradiva/gradiva.hpp>
#include <gradiva/io/record_episodes.hpp>

int main() {
    gradiva::Vectorized envs(gradiva::CartPole{}, {.count = 1});
    gradiva::Actor actor(envs, gradiva::Mlp{.hidden = {8}});
    gradiva::record_episodes(actor, envs);
}
