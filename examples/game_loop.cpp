// A game keeps its loop: characters spawn, live and die, each acts when its time has come, and all learn one policy.
//
// The characters are carts that balance a pole. In each frame some spawn, those that live act once, and the learner
// gets a part of the frame's time. Characters whose pole falls die: their episode terminates. Others are taken out of
// the game in the middle of their life. Put your characters in place of `Character`, and your frame in place of
// `Game::frame`.

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdint>
#include <gradiva/gradiva.hpp>
#include <gradiva/io/save_policy.hpp>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "files.hpp"
#include "interrupt.hpp"
#include "numbers.hpp"
#include "program.hpp"

namespace {

using namespace gradiva;

struct GameOptions {
    std::uint64_t seed = 1;
    Index steps = 200'000;
    Index characters = 16;
    bool headless = false;
    bool quiet = false;
    std::string save = {};
};

GameOptions read_game_options(int argc, char** argv) {
    GameOptions options;
    CLI::App app("Characters that spawn, live and die learn to balance poles, in a loop of frames");
    app.option_defaults()->always_capture_default();
    app.add_option("--seed", options.seed, "names all random numbers")
        ->check(example::whole_number<std::uint64_t>(0, std::numeric_limits<std::uint64_t>::max()));
    app.add_option("--steps", options.steps, "ends once so many actions were learned from")
        ->check(example::whole_number<Index>(1, std::numeric_limits<Index>::max()));
    app.add_option("--characters", options.characters, "most that live at a time")
        ->check(example::whole_number<Index>(1, 4096));
    app.add_option("--save", options.save, "save the policy to this file")->check(example::writable_file());
    app.add_flag("--headless", options.headless, "as fast as it goes, in place of 60 frames a second");
    app.add_flag("--quiet", options.quiet, "print nothing but the last line");
    example::parse(app, argc, argv);
    return options;
}

using Brain = decltype(Learner(Box{}, Discrete{}, Mlp{}, PpoClipOptions{}).join());

/// A cart with a pole, and who steers it.
struct Character {
    Brain brain;
    CartPole body = {};
    std::array<float, 4> seen = {};
};

class Game {
public:
    explicit Game(const GameOptions& options)
        : options_(options), rng_(options.seed),
          learner_(
              CartPole{}.observation_space(), CartPole{}.action_space(), Mlp{.hidden = {64, 64}},
              Mlp{.hidden = {64, 64}}, Gae{.gamma = 0.98, .lambda = 0.8},
              PpoClipOptions{.clip = Linear{0.2, 0},
                             .horizon = 32,
                             .minibatch = 256,
                             .epochs = 20,
                             .learning_rate = Linear{1e-3, 0},
                             .value_coefficient = 1},
              LearnerOptions{.streams = options.characters, .seed = options.seed, .schedule_steps = options.steps}) {}

    void frame() {
        if (static_cast<Index>(alive_.size()) < options_.characters && rng_.below(4) == 0) spawn();
        for (std::size_t i = 0; i < alive_.size();) {
            if (lives_on(alive_[i])) {
                ++i;
            } else {
                std::swap(alive_[i], alive_.back());
                alive_.pop_back();  // the handle goes, and its agent leaves
            }
        }
        if (options_.headless) {
            learner_.learn();
        } else {
            learner_.learn(std::chrono::milliseconds(4));  // of a frame of 16
        }
    }

    const auto& learner() const { return learner_; }
    std::size_t alive() const { return alive_.size(); }

private:
    void spawn() {
        alive_.push_back({.brain = learner_.join()});
        Character& character = alive_.back();
        character.body.reset(rng_, character.seen);
    }

    /// A frame of one character.
    bool lives_on(Character& character) {
        const int action = character.brain.act(character.seen);
        const Outcome outcome = character.body.step(action, rng_, character.seen);
        character.brain.reward(outcome.reward);
        if (outcome.terminated) character.brain.terminated();
        const bool taken_out = rng_.below(300) == 0;
        if (taken_out && !outcome.terminated) character.brain.leave(character.seen);
        return !outcome.terminated && !taken_out;
    }

    GameOptions options_;
    Rng rng_;
    Learner<Discrete, Actor<MlpNetwork<float>, Categorical<float>>, Critic<MlpNetwork<float>>, Gae, PpoClipOptions>
        learner_;
    std::vector<Character> alive_;
};

void print(const Game& game) {
    const LearnerProgress progress = game.learner().progress();
    fmt::print("{:3} alive, {:7} actions, {:7} learned, {:6} unrecorded, mean return {:.1f}\n", game.alive(),
               progress.acted, progress.learned, progress.unrecorded, progress.mean_return);
}

}  // namespace

int main(int argc, char** argv) {
    const GameOptions options = read_game_options(argc, argv);
    return example::run([&] {
        Game game(options);
        example::stop_on_interrupt();
        auto next = std::chrono::steady_clock::now();
        for (Index frame = 1; game.learner().progress().learned < options.steps && example::interrupted == 0; ++frame) {
            game.frame();
            if (frame % (options.headless ? 2000 : 60) == 0 && !options.quiet) print(game);
            next += std::chrono::microseconds(16'667);
            if (!options.headless) std::this_thread::sleep_until(next);
        }
        if (!options.save.empty()) save_policy(options.save, game.learner().actor());
        fmt::print("{}\n", evaluate(game.learner().actor(), TimeLimit(CartPole{}, 500), {.episodes = 100}));
    });
}
