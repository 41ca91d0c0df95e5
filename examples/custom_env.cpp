// An environment of one's own: any type with these four members, no base class.
//
// A corridor of cells: from 0, reach 5. One step left or right per action; each step costs 0.01, arriving pays 1. The
// best return is 1 - 4 * 0.01 = 0.96.

#include <gradiva/gradiva.hpp>

struct Corridor {
    int position = 0;
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float> observation) { observation[0] = float(position = 0); }
    gradiva::Outcome step(int action, gradiva::Rng&, std::span<float> observation) {
        observation[0] = float(position += action == 1 ? 1 : -1);
        return {.reward = position == 5 ? 1.0 : -0.01, .terminated = position == 5};
    }
};
static_assert(gradiva::is_env<Corridor>);  // says which rule is broken; gradiva::Env is the bare concept

int main() {
    using namespace gradiva;
    TimeLimit corridor(Corridor{}, 100);  // a policy that walks left would never arrive
    check_env(corridor);                  // tries it with random actions and throws on the first broken promise

    Vectorized envs(corridor, {.count = 8, .seed = 1});
    Actor actor(envs, Mlp{.hidden = {32}});
    Critic critic(envs, Mlp{.hidden = {32}});
    PpoClip trainer(envs, actor, critic, Gae{}, {.learning_rate = 3e-3});
    trainer.train({.steps = 20'000}, ProgressBar{}, StopOnSignal{});  // Ctrl-C ends the training
    fmt::print("{}\n", evaluate(actor, corridor, {.episodes = 100}));
}
