// What docs/embedding.md shows. A test of tests/architecture compares the lines.
#include <array>
#include <chrono>
#include <gradiva/gradiva.hpp>
#include <utility>
#include <vector>

using namespace gradiva;

int main() {
    const std::array<float, 4> observation{}, last_observation{};
    // clang-format off
    Learner learner(Box{.size = 4}, Discrete{.n = 2}, Mlp{.hidden = {64, 64}}, PpoClipOptions{.horizon = 128},
                    {.streams = 16, .seed = 1});
    auto npc = learner.join();  // an agent; it leaves when the handle is destroyed
    Learner long_form(Box{.size = 4}, Discrete{.n = 2}, Mlp{.hidden = {64}}, Mlp{.hidden = {64, 64}},
                      Gae{.gamma = 0.98, .lambda = 0.9}, A2cOptions{}, {.streams = 16, .masked = true});
    using Agent = decltype(npc);
    for (int frame = 0; frame < 200; ++frame) {
        const int action = npc.act(observation);  // completes the step before, and samples
        npc.reward(0.1);                          // any number of times before the next act
        if (action < 0 || action > 1) return 1;
        if (frame == 50) {
            npc.terminated();                 // it died: nothing comes after
        } else if (frame == 60) {
            npc.truncated(last_observation);  // it was cut off, and could have gone on: bootstraps from here
        } else if (frame == 70) {
            npc.leave(last_observation);      // the same, and the agent leaves
            npc = learner.join();
        } else if (frame == 80) {
            npc.leave();                      // it leaves, and its open step is dropped
            npc = learner.join();
        }
        if (frame % 2 == 0) {
            learner.learn();                              // returns at once until there is enough
        } else {
            learner.learn(std::chrono::microseconds(500));  // at most about so long, whenever an update is under way
        }
    }
    npc.observe(observation);
    npc.take(1);
    const auto snapshot = learner.actor();
    Agent first = learner.join(), second = learner.join();
    const Matrix<float> observations = Matrix<float>::Zero(4, 2);
    ActionBatch actions;
    std::vector<Agent*> agents{&first, &second};
    learner.act(agents, observations, actions);  // a column for each
    const LearnerProgress progress = learner.progress();
    const Index all = progress.learned + progress.learning + progress.dropped + progress.unrecorded + progress.open;
    // clang-format on
    return progress.acted == all && progress.learned == 128 && snapshot.observation_size() == 4 ? 0 : 1;
}
