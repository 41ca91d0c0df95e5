// A user's own program: his environment, the library's trainer, nothing else.
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
static_assert(gradiva::is_env<Corridor>);

int main() {
    using namespace gradiva;
    TimeLimit corridor(Corridor{}, 100);
    Vectorized envs(corridor, {.count = 4, .seed = 1});
    Actor actor(envs, Mlp{.hidden = {16}});
    Critic critic(envs, Mlp{.hidden = {16}});
    PpoClip trainer(envs, actor, critic, Gae{}, {.learning_rate = 1e-2});
    trainer.train({.steps = 5'000});
    const Evaluation result = evaluate(actor, corridor, {.episodes = 10});
    fmt::print("gradiva {}.{}.{}: {}\n", version_major, version_minor, version_patch, result);
    return result.mean_return > 0.9 ? 0 : 1;
}
