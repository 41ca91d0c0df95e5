#include "catch.hpp"

#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/callbacks/best_actor.hpp"
#include "gradiva/callbacks/stop_at_return.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/io/checkpoint.hpp"
#include "helpers/temporary_folder.hpp"
#include "helpers/temporary_path.hpp"

using namespace gradiva;
using gradiva_test::read_text;
using gradiva_test::TemporaryPath;

namespace {

using Envs = Vectorized<TimeLimit<CartPole>>;

/// A small training with everything that changes; each object of it is one program.
struct Training {
    explicit Training(std::uint64_t seed = 1, Index threads = 1, Index epochs = 2)
        : envs(TimeLimit(CartPole{}, 30), {.count = 3, .seed = seed}),
          actor(envs, Mlp{.hidden = {4}, .normalize_observations = true}), critic(envs, Mlp{.hidden = {4}}),
          trainer(envs, actor, critic, Gae{.gamma = 0.9},
                  {.horizon = 16, .minibatch = 16, .epochs = epochs, .normalize_rewards = true, .threads = threads}) {}

    template <class... Callbacks>
    Progress train(Index steps, Callbacks&&... callbacks) {
        return trainer.train({.steps = steps}, callbacks...);
    }

    Envs envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor;
    Critic<MlpNetwork<float>> critic;
    PpoClip<Envs, decltype(actor), decltype(critic), Gae> trainer;
};

constexpr Index iteration = 48;  // steps

struct StopAfter {
    Index iterations;
    bool operator()(const Progress& progress) const { return progress.iteration < iterations; }
};

std::string error_of(const std::string& path, Training& training, Index steps = 10 * iteration) {
    try {
        training.train(steps, Checkpoint(path));
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("a training goes on from its file as if it had never been stopped") {
    Training whole;
    BestActor whole_best(whole.actor, {.at_least_episodes = 5});
    const Progress whole_last = whole.train(20 * iteration, whole_best);
    const StateImage expected = image_of(whole.trainer);
    for (const Index stop : {1, 7, 19, 20}) {
        for (const Index threads : {1, 2, 4}) {
            INFO("stopped after " << stop << " iterations, resumed with " << threads << " threads");
            const TemporaryPath path("run.safetensors");
            {
                Training first;
                BestActor best(first.actor, {.at_least_episodes = 5});
                first.train(20 * iteration, Checkpoint(path.text()), best, StopAfter{stop});
            }
            Training resumed(1, threads);
            for (float& weight : resumed.actor.weights()) weight = 0.5F;
            BestActor best(resumed.actor, {.at_least_episodes = 5});
            const Progress last = resumed.train(20 * iteration, Checkpoint(path.text()), best);
            CHECK(last.iteration == 20);
            CHECK(last.mean_return == whole_last.mean_return);
            CHECK(last.mean_length == whole_last.mean_length);
            CHECK(first_difference(expected, image_of(resumed.trainer)).empty());
            CHECK(first_difference(image_of(whole_best), image_of(best)).empty());
        }
    }
}

TEST_CASE("a checkpoint is written by time, by iterations, and at the end") {
    const TemporaryPath path("run.safetensors");
    std::vector<bool> written;
    const auto note = [&](const Progress&) { written.push_back(std::filesystem::exists(path.text())); };
    constexpr double never = std::numeric_limits<double>::infinity();
    SECTION("every iteration") {
        Training().train(4 * iteration, Checkpoint(path.text(), {.every_seconds = 0}), note);
        CHECK(written == std::vector<bool>{false, true, true, true});
    }
    SECTION("every third iteration") {
        Training().train(5 * iteration, Checkpoint(path.text(), {.every_seconds = never, .every_iterations = 3}), note);
        CHECK(written == std::vector<bool>{false, false, false, true, true});
    }
    SECTION("only at the end") {
        Training().train(4 * iteration, Checkpoint(path.text(), {.every_seconds = never}), note);
        CHECK(written == std::vector<bool>{false, false, false, false});
    }
    SECTION("before a minute is over") {
        Training().train(4 * iteration, Checkpoint(path.text()), note);
        CHECK(written == std::vector<bool>{false, false, false, false});
    }
    CHECK(std::filesystem::exists(path.text()));
    CHECK(!std::filesystem::exists(path.text() + ".partial"));
    Training again;
    CHECK(again.train(iteration, Checkpoint(path.text())).steps >= 4 * iteration);
}

TEST_CASE("older checkpoints are kept by their iteration, and training goes on from each") {
    const gradiva_test::TemporaryFolder folder("checkpoints");
    const std::string path = folder / "run";
    std::ofstream(path + ".7.txt") << "mine";
    std::ofstream(path + ".90") << "of a later time";
    for (const char* mine : {".-5", ".+5", ".05", ".5 ", "."}) std::ofstream(path + mine) << "mine";
    Training whole;
    whole.train(
        12 * iteration,
        Checkpoint(path, {.every_seconds = std::numeric_limits<double>::infinity(), .every_iterations = 2, .keep = 3}));
    CHECK(folder.names() == std::set<std::string>{"run", "run.", "run.+5", "run.-5", "run.05", "run.10", "run.12",
                                                  "run.5 ", "run.7.txt", "run.8", "run.90"});
    std::filesystem::rename(path + ".8", path);
    Training again;
    CHECK(again.train(12 * iteration, Checkpoint(path)).iteration == 12);
    CHECK(first_difference(image_of(whole.trainer), image_of(again.trainer)).empty());
}

TEST_CASE("at the end a checkpoint of the last iteration is written again only where its state has changed") {
    struct Last {
        std::string path;
        Index change, stops = 0;
        void operator()(const Progress&) const {}
        void on_stop(const Run&, Stop) {
            stops += change;
            if (std::filesystem::exists(path)) std::filesystem::create_hard_link(path, path + ".before");
        }
        void visit_state(State& state) { state("stops", stops); }
    };
    const gradiva_test::TemporaryFolder folder("checkpoints");
    for (const double seconds : {0.0, 1000.0}) {
        for (const Index change : {0, 1}) {
            INFO("every " << seconds << " s, change " << change);
            const std::string path = folder / fmt::format("run.{}.{}", seconds, change);
            Last last{path, change};
            Training().train(3 * iteration, Checkpoint(path, {.every_seconds = seconds}), last);
            const std::string before = path + ".before";
            const bool written_at_end = !std::filesystem::exists(before) || !std::filesystem::equivalent(path, before);
            CHECK(written_at_end == (seconds > 0 || change > 0));
            Last resumed{path, change};
            Training().train(3 * iteration, Checkpoint(path), resumed);
            CHECK(resumed.stops == change);
        }
    }
}

TEST_CASE("nothing is written after an exception") {
    const TemporaryPath path("run.safetensors");
    Training first;
    first.train(3 * iteration, Checkpoint(path.text()));
    const std::string before = read_text(path.text());
    Training second;
    CHECK_THROWS_WITH(second.train(9 * iteration, Checkpoint(path.text(), {.every_seconds = 1000}),
                                   [](const Progress& progress) { require(progress.iteration < 6, "broken"); }),
                      "broken");
    CHECK(read_text(path.text()) == before);
}

TEST_CASE("the file of another training is refused by the first difference, and nothing changes") {
    const TemporaryPath path("run.safetensors");
    Training().train(3 * iteration, Checkpoint(path.text()));
    const std::string who = "Checkpoint '" + path.text() + "' (remove it to begin anew): ";
    const auto check = [&](Training& training, const std::string& text) {
        const StateImage before = image_of(training.trainer);
        const std::string file = read_text(path.text());
        CHECK_THAT(error_of(path.text(), training), ContainsText(who + text));
        CHECK(first_difference(before, image_of(training.trainer)).empty());
        CHECK(read_text(path.text()) == file);
    };
    SECTION("seed") {
        Training other(2);
        check(other, "environments/seed is 1 where it was saved and 2 here");
    }
    SECTION("option") {
        Training other(1, 1, 3);
        check(other, "update/options/epochs is 2 where it was saved and 3 here");
    }
    SECTION("callbacks") {
        Training same;
        BestActor best(same.actor);
        CHECK_THROWS_WITH(same.train(iteration, Checkpoint(path.text()), best), ContainsText("callbacks/best_actor/"));
    }
    SECTION("running episodes") {
        Training same;
        CHECK_THROWS_WITH(same.train(iteration, Checkpoint(path.text(), restart_episodes)),
                          who +
                              "running episodes were kept in it and are restarted here; give restart_episodes as "
                              "where it was written");
    }
}

TEST_CASE("what is no checkpoint is refused") {
    const TemporaryPath path("run.safetensors");
    Training training;
    SECTION("another safetensors file") {
        SafetensorsWriter().write(path.text());
        CHECK_THAT(error_of(path.text(), training), ContainsText("this file is no checkpoint"));
    }
    SECTION("another format") {
        SafetensorsWriter file;
        file.add_text("gradiva.checkpoint", "2");
        file.write(path.text());
        CHECK_THAT(error_of(path.text(), training), ContainsText("its format is 2 and this library reads 1"));
    }
    SECTION("a folder") {
        std::filesystem::create_directory(path.text());
        CHECK_THAT(error_of(path.text(), training), ContainsText(path.text()));
    }
    SECTION("one that is cut") {
        training.train(iteration, Checkpoint(path.text()));
        std::filesystem::resize_file(path.text(), std::filesystem::file_size(path.text()) / 2);
        Training other;
        CHECK_THAT(error_of(path.text(), other), ContainsText(path.text()));
    }
    SECTION("a dangling link") {
        std::filesystem::create_symlink(path.text() + ".none", path.text());
        CHECK_THAT(error_of(path.text(), training), ContainsText(path.text()));
    }
}

TEST_CASE("a checkpoint of which any byte has changed is refused") {
    const TemporaryPath path("run.safetensors");
    Training().train(iteration, Checkpoint(path.text()));
    const std::string whole = read_text(path.text());
    for (std::size_t i = 0; i < whole.size(); i += i < 4000 ? 5 : 97) {
        std::string changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ (1 << i % 8));
        std::ofstream(path.text(), std::ios::binary) << changed;
        INFO("byte " << i << " of " << whole.size());
        CHECK_THROWS_AS(detail::CheckpointFile(path.text(), Episodes::kept), Error);
    }
}

TEST_CASE("options of checkpoints out of range are errors") {
    CHECK_THROWS_WITH(Checkpoint(""), "Checkpoint: the path is empty; give that of a file");
    CHECK_THROWS_WITH(Checkpoint("x", {.every_seconds = -1}), ContainsText("every_seconds is -1"));
    CHECK_THROWS_WITH(Checkpoint("x", {.every_seconds = std::numeric_limits<double>::quiet_NaN()}),
                      ContainsText("every_seconds is nan"));
    CHECK_THROWS_WITH(Checkpoint("x", {.every_iterations = -1}), ContainsText("every_iterations is -1"));
    CHECK_THROWS_WITH(Checkpoint("x", {.keep = -1}), ContainsText("keep -1"));
}

TEST_CASE("with restart_episodes a training of environments that cannot be saved goes on") {
    struct Unsaved : CartPole {
        int more = 0;
        void reset(Rng& rng, std::span<float> observation) {
            more = 1;
            CartPole::reset(rng, observation);
        }
    };
    const TemporaryPath path("run.safetensors");
    const auto run = [&](Index steps, Index stop) {
        Vectorized envs(Unsaved{}, {.count = 2, .seed = 1});
        Actor actor(envs, Mlp{.hidden = {4}});
        Critic critic(envs, Mlp{.hidden = {4}});
        PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 20, .minibatch = 20, .epochs = 1});
        return trainer.train({.steps = steps}, Checkpoint(path.text(), restart_episodes), StopAfter{stop});
    };
    CHECK(run(400, 4).iteration == 4);
    CHECK(run(400, 100).iteration == 10);
    CHECK(run(400, 100).iteration == 10);
    CHECK(run(800, 100).iteration == 20);
}
