// Writes logs of short trainings into the folder that is given: for each a file of JSON lines and, under the same name,
// a folder for TensorBoard.
#include <gradiva/gradiva.hpp>
#include <string>

namespace {

using namespace gradiva;

/// Two calls of `train`, behind one without logs.
void two_calls(const std::string& path) {
    Vectorized envs(TimeLimit(CartPole{}, 50), {.count = 2, .seed = 11'000'000'000'000'000'000ULL});
    Actor actor(envs, Mlp{.hidden = {4}, .activation = Activation::relu});
    Critic critic(envs, Mlp{.hidden = {4}});
    PpoKl trainer(envs, actor, critic, Gae{}, {.horizon = 16, .minibatch = 16, .learning_rate = Linear{3e-4, 0}});
    trainer.train({.steps = 64});
    JsonLog json(path + ".jsonl");
    TensorBoardLog tensorboard(path);
    trainer.train({.steps = 96}, json, tensorboard);
    trainer.train({.steps = 64}, json, tensorboard);
}

/// A trainer of another user, with texts that no format likes, which ends by an exception.
void strange_name(const std::string& path) {
    TrainLoop loop("<script>\"&\\\n\xFF\xE2\x82\xAC");
    struct Trainer {
        void visit_state(State& state) {
            state.fixed("</script>", "a\xC3");
            state.fixed("infinite", std::numeric_limits<double>::infinity());
            state.fixed("list", std::vector<Index>{1, 2, 3});
            state.fixed("yes", true);
            state.fixed("no", false);
        }
    } trainer;
    JsonLog json(path + ".jsonl");
    TensorBoardLog tensorboard(path);
    Buffer<FinishedEpisode> none;
    const auto iterate = [&](Progress& progress) {
        loop.report(10, none, progress);
        progress.update.entropy = progress.iteration % 2 == 0 ? 1.5 : std::numeric_limits<double>::infinity();
        progress.update.mean_kl = static_cast<double>(progress.iteration) * 1e-30;
    };
    auto stop = [](const Progress& progress) { require(progress.iteration < 5, "enough"); };
    try {
        loop.run({.steps = 1000}, trainer, iterate, json, tensorboard, stop);
    } catch (const Error&) {
    }
}

}  // namespace

int main(int, char** argv) {
    const std::string folder = argv[1];
    two_calls(folder + "/two_calls");
    strange_name(folder + "/strange_name");
}
