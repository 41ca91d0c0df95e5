// expect first: gradiva: a training that is saved needs the state of its environments; give this one void
// visit_state(State&), or static constexpr bool saved_as_bytes = true where its bytes are its whole state; or save with
// restart_episodes
#include <gradiva/gradiva.hpp>
#include <gradiva/io.hpp>

using namespace gradiva;

struct Corridor {
    int position = 0;
    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = static_cast<float>(position = 0); }
    Outcome step(int action, Rng&, std::span<float> observation) {
        observation[0] = static_cast<float>(position += action);
        return {.terminated = position == 5};
    }
};

void wrong() {
    Vectorized envs(TimeLimit(Corridor{}, 10), {.count = 2});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    A2c trainer(envs, actor, critic, Gae{});
    trainer.train({.steps = 100}, Checkpoint("run.safetensors"));
}
