// How a training with a checkpoint ends before its steps are done: at a return, and by exceptions of an environment or
// of a callback. Its environments cannot be copied.
#include "catch.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/callbacks/stop_at_return.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/io/checkpoint.hpp"
#include "helpers/temporary_folder.hpp"
#include "helpers/temporary_path.hpp"

using namespace gradiva;
using gradiva_test::read_text;
using gradiva_test::TemporaryPath;

namespace {

struct Breakdown : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The step, of all environments together, that throws once: 0 is the next one.
using Fuse = std::atomic<Index>;

/// A cart that cannot be copied, with a limit of its own.
class OwnCart {
public:
    OwnCart(Index limit, Fuse& fuse) : cart_(std::make_unique<CartPole>()), limit_(limit), fuse_(&fuse) {}

    Box observation_space() const { return cart_->observation_space(); }
    Discrete action_space() const { return cart_->action_space(); }
    void reset(Rng& rng, std::span<float> observation) {
        steps_ = 0;
        cart_->reset(rng, observation);
    }
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        Outcome outcome = cart_->step(action, rng, observation);
        if (fuse_->fetch_sub(1) == 0) throw Breakdown("the simulator is gone");
        outcome.truncated = ++steps_ >= limit_;
        return outcome;
    }
    void visit_state(State& state) {
        state.fixed("limit", limit_);
        state("steps", steps_);
        state("cart", *cart_);
    }

private:
    std::unique_ptr<CartPole> cart_;
    Index limit_, steps_ = 0;
    Fuse* fuse_;
};
static_assert(!std::is_copy_constructible_v<OwnCart>);

constexpr Index iteration = 4 * 16;  // steps
constexpr Index steps = 60 * iteration;

/// A small training; each object of it is one program.
struct Training {
    explicit Training(Index threads = 1, Index last_limit = 83)
        : envs([=, this](Index i) { return OwnCart(i == 3 ? last_limit : 80 + i, fuse); }, {.count = 4, .seed = 3}),
          actor(envs, Mlp{.hidden = {8}}), critic(envs, Mlp{.hidden = {8}}),
          trainer(envs, actor, critic, Gae{.gamma = 0.95},
                  {.horizon = 16, .minibatch = 16, .epochs = 4, .learning_rate = 1e-2, .threads = threads}) {}

    template <class... Callbacks>
    Progress train(Callbacks&&... callbacks) {
        return trainer.train({.steps = steps}, callbacks...);
    }

    Fuse fuse = std::numeric_limits<Index>::max();
    Vectorized<OwnCart> envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor;
    Critic<MlpNetwork<float>> critic;
    PpoClip<Vectorized<OwnCart>, decltype(actor), decltype(critic), Gae> trainer;
};

/// Notes the iterations of a call of `train`, and the file at its end, before the `Checkpoint` hears of the end.
struct Witness {
    std::string path;
    Index first = 0, last = 0;
    std::string file_at_end = {};

    void operator()(const Progress& progress) {
        if (first == 0) first = progress.iteration;
        last = progress.iteration;
    }
    void on_stop(const Run&, Stop) { file_at_end = read_text(path); }
};

/// Every fourth iteration.
Checkpoint<> checkpoint(const TemporaryPath& path) {
    return Checkpoint(path.text(), {.every_seconds = std::numeric_limits<double>::infinity(), .every_iterations = 4});
}

/// What a training comes to that nothing has stopped.
struct Whole {
    Whole() : last(training.train()), image(image_of(training.trainer)) {}

    void equals(Training& other, const Progress& progress) const {
        CHECK(first_difference(image, image_of(other.trainer)).empty());
        CHECK(progress.iteration == last.iteration);
        CHECK(progress.steps == last.steps);
        CHECK(progress.lifetime_episodes == last.lifetime_episodes);
        CHECK(progress.mean_return == last.mean_return);
    }

    Training training;
    Progress last;
    StateImage image;
};

/// After an exception in iteration 11, of a training whose file is of iteration 8: that is how it stays, and where
/// programs go on.
void check_after_exception(const TemporaryPath& path, const Witness& witness, Training& failed) {
    const Whole whole;
    const std::string file = read_text(path.text());
    CHECK(!file.empty());
    CHECK((file == witness.file_at_end));  // in two parentheses: a failure prints no bytes
    CHECK(!std::filesystem::exists(path.text() + ".partial"));
    const auto goes_on = [&](Training& training) {
        std::ofstream(path.text(), std::ios::binary) << file;
        Witness resumed{path.text()};
        const Progress last = training.train(checkpoint(path), resumed);
        CHECK(resumed.first == 9);
        whole.equals(training, last);
    };
    Training fresh(2);
    goes_on(fresh);
    goes_on(failed);
}

}  // namespace

TEST_CASE("a training that stopped at a return goes on to a higher one") {
    const StopAtReturn low{.target = 30, .at_least_episodes = 20}, high{.target = 45, .at_least_episodes = 20};
    const TemporaryPath path("run.safetensors");
    Training whole;
    const Progress expected = whole.train(high);
    Training first;
    const Progress stopped = first.train(checkpoint(path), low);
    REQUIRE(stopped.iteration < expected.iteration);
    REQUIRE(expected.steps < steps);
    for (const Index threads : {1, 2}) {
        INFO(threads << " threads");
        const TemporaryPath copy("copy.safetensors");
        std::filesystem::copy_file(path.text(), copy.text());
        Training resumed(threads);
        Witness witness{copy.text()};
        const Progress last = resumed.train(checkpoint(copy), witness, high);
        CHECK(witness.first == stopped.iteration + 1);
        CHECK(last.iteration == expected.iteration);
        CHECK(last.mean_return == expected.mean_return);
        CHECK(last.lifetime_episodes == expected.lifetime_episodes);
        CHECK(first_difference(image_of(whole.trainer), image_of(resumed.trainer)).empty());
    }
}

TEST_CASE("nothing is written after an exception of an environment, and training goes on from the file") {
    const TemporaryPath path("run.safetensors");
    Index at = 0;
    SECTION("in the first step of an iteration") { at = 10 * iteration; }
    SECTION("in its middle") { at = 10 * iteration + 37; }
    SECTION("in its last step") { at = 11 * iteration - 1; }
    Training training;
    training.fuse = at;
    Witness witness{path.text()};
    CHECK_THROWS_WITH(training.train(checkpoint(path), witness), ContainsText("the simulator is gone"));
    CHECK(witness.last == 10);
    check_after_exception(path, witness, training);
}

TEST_CASE("nothing is written after an exception of a callback, and training goes on from the file") {
    const TemporaryPath path("run.safetensors");
    Training training;
    Witness witness{path.text()};
    SECTION("called with the report") {
        const auto throwing = [](const Progress& progress) {
            if (progress.iteration == 11) throw Breakdown("no more");
        };
        CHECK_THROWS_AS(training.train(checkpoint(path), witness, throwing), Breakdown);
    }
    SECTION("after the iteration") {
        struct Throwing {
            void operator()(const Progress&) const {}
            void after_iteration(const Run& run) const {
                if (run.progress().iteration == 11) throw 7;
            }
        };
        CHECK_THROWS_AS(training.train(checkpoint(path), witness, Throwing{}), int);
    }
    CHECK(witness.last == 11);
    check_after_exception(path, witness, training);
}

TEST_CASE("nothing is written where training fails before the first checkpoint") {
    const TemporaryPath path("run.safetensors");
    Training training;
    SECTION("in the first step") {
        training.fuse = 0;
        CHECK_THROWS_WITH(training.train(checkpoint(path)), ContainsText("the simulator is gone"));
    }
    SECTION("where a callback starts") {
        struct Throwing {
            void on_start(const Run&) const { throw Breakdown("no more"); }
            void operator()(const Progress&) const {}
        };
        CHECK_THROWS_AS(training.train(checkpoint(path), Throwing{}), Breakdown);
    }
    CHECK(!std::filesystem::exists(path.text()));
    CHECK(!std::filesystem::exists(path.text() + ".partial"));
}

TEST_CASE("environments of a factory are compared one by one") {
    const TemporaryPath path("run.safetensors");
    const auto stop = [](const Progress& progress) { return progress.iteration < 5; };
    Training().train(checkpoint(path), stop);
    Training other(1, 84);
    CHECK_THROWS_WITH(other.train(checkpoint(path)),
                      ContainsText("environments/env/limit[3] is 83 where it was saved and 84 here"));
    const Whole whole;
    Training same;
    whole.equals(same, same.train(checkpoint(path)));
}
