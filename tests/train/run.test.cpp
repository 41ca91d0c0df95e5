#include "gradiva/train/run.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "gradiva/train/train_loop.hpp"

using namespace gradiva;

namespace {

using Words = std::vector<std::string>;

/// Records the calls of its members; throws in the call `breaks_at`, and returns false in the call `says_no_at`.
struct Recorder {
    std::string name;
    Words& words;
    std::string breaks_at = {}, says_no_at = {};

    bool note(const std::string& what) {
        words.push_back(name + " " + what);
        require(what != breaks_at, "{} of {}", what, name);
        return what != says_no_at;
    }
    bool on_start(Run&) { return note("start"); }
    bool operator()(const Progress& progress) { return note(fmt::format("{}", progress.iteration)); }
    void after_iteration(Run& run) { note(fmt::format("after {}", run.progress().iteration)); }
    void on_stop(const Run&, Stop why) {
        note(why == Stop::steps ? "steps" : why == Stop::callback ? "callback" : "exception");
    }
};

struct NoTrainer {};

/// Iterations of 10 steps and an episode each, of which one may throw.
struct Loop {
    TrainLoop loop{"Test"};
    Index breaks_at = 0;

    template <class... Callbacks>
    Progress train(Index steps, Callbacks&&... callbacks) {
        const auto iterate = [this](Progress& progress) {
            require(progress.iteration != breaks_at, "broken");
            const Buffer<FinishedEpisode> finished(1, {.reward_sum = 2.0 * static_cast<double>(progress.iteration)});
            loop.report(10, finished, progress);
        };
        NoTrainer trainer;
        return loop.run({.steps = steps}, trainer, iterate, callbacks...);
    }
};

}  // namespace

TEST_CASE("on_start runs before the first iteration and after_iteration after all reports, in the order of callbacks") {
    Loop loop;
    Words words;
    loop.train(
        20, Recorder{"a", words}, [&](const Progress&) { words.push_back("function"); }, Recorder{"b", words});
    CHECK(words == Words{"a start", "b start",                                //
                         "a 1", "function", "b 1", "a after 1", "b after 1",  //
                         "a 2", "function", "b 2", "a after 2", "b after 2",  //
                         "a steps", "b steps"});
}

TEST_CASE("before_iteration runs before each iteration, and its exception is none of the iteration") {
    struct Starter {
        Words& words;
        void operator()(const Progress& progress) { words.push_back(fmt::format("{}", progress.iteration)); }
        void before_iteration(Run& run) {
            if (words.size() == 4) throw std::runtime_error("enough");
            words.push_back(fmt::format("before {}", run.progress().iteration + 1));
        }
        void on_stop(const Run& run, Stop) { words.push_back(run.failure() ? "of the iteration" : "of a callback"); }
    };
    Loop loop;
    Words words;
    CHECK_THROWS_WITH(loop.train(30, Starter{words}), "enough");
    CHECK(words == Words{"before 1", "1", "before 2", "2", "of a callback"});
}

TEST_CASE("when an on_start returns false, all callbacks start and stop, and no iteration runs") {
    Loop loop;
    Words words;
    loop.train(10);
    const Progress last = loop.train(
        10, Recorder{"a", words}, Recorder{.name = "b", .words = words, .says_no_at = "start"}, Recorder{"c", words});
    CHECK(words == Words{"a start", "b start", "c start", "a callback", "b callback", "c callback"});
    CHECK(last.algorithm == "Test");
    CHECK(last.iteration == 1);
    CHECK(last.steps == 0);
    CHECK(last.total_steps == 10);
    CHECK(last.lifetime_episodes == 1);
    CHECK(last.mean_return == 2);
    CHECK(!last.finished());
}

TEST_CASE("a callback that returns false stops the training, unless the steps are done") {
    for (const Index steps : {30, 20}) {
        Loop loop;
        Words words;
        loop.train(steps, Recorder{.name = "a", .words = words, .says_no_at = "2"}, Recorder{"b", words});
        REQUIRE(words.size() == 12);
        CHECK(words[7] == "b 2");
        CHECK(words[9] == "b after 2");
        CHECK(words[10] == (steps == 20 ? "a steps" : "a callback"));
        CHECK(words[11] == (steps == 20 ? "b steps" : "b callback"));
    }
}

TEST_CASE("after an exception in an iteration on_stop gets the progress of the last complete one") {
    Loop loop{.breaks_at = 2};
    Words words;
    Index stopped_at = 0, steps = 0;
    struct Last {
        Index& iteration;
        Index& steps;
        void operator()(const Progress&) const {}
        void on_stop(const Run& run, Stop) const {
            iteration = run.progress().iteration;
            steps = run.progress().steps;
        }
    };
    CHECK_THROWS_WITH(loop.train(30, Recorder{"a", words}, Last{stopped_at, steps}), "Test: iteration 2: broken");
    CHECK(words == Words{"a start", "a 1", "a after 1", "a exception"});
    CHECK(stopped_at == 1);
    CHECK(steps == 10);
    CHECK(loop.train(10).iteration == 3);
}

TEST_CASE("after an exception of a callback all started ones get on_stop, and the exception is rethrown") {
    const auto words_of = [](const std::string& breaks_at) {
        Loop loop;
        Words words;
        CHECK_THROWS_WITH(
            loop.train(10, Recorder{"a", words}, Recorder{.name = "b", .words = words, .breaks_at = breaks_at},
                       Recorder{"c", words}),
            breaks_at + " of b");
        return words;
    };
    CHECK(words_of("start") == Words{"a start", "b start", "a exception"});
    CHECK(words_of("1") ==
          Words{"a start", "b start", "c start", "a 1", "b 1", "a exception", "b exception", "c exception"});
    CHECK(words_of("after 1") == Words{"a start", "b start", "c start", "a 1", "b 1", "c 1", "a after 1", "b after 1",
                                       "a exception", "b exception", "c exception"});
    // Of on_stop itself: the others stop all the same, by the steps.
    CHECK(words_of("steps") == Words{"a start", "b start", "c start", "a 1", "b 1", "c 1", "a after 1", "b after 1",
                                     "c after 1", "a steps", "b steps", "c steps"});
}

TEST_CASE("an exception of on_stop is dropped while another one propagates") {
    Loop loop{.breaks_at = 1};
    Words words;
    CHECK_THROWS_WITH(
        loop.train(10, Recorder{.name = "a", .words = words, .breaks_at = "exception"}, Recorder{"b", words}),
        "Test: iteration 1: broken");
    CHECK(words == Words{"a start", "b start", "a exception", "b exception"});
}

TEST_CASE("an empty optional is ignored, and another one is called as its value") {
    Loop loop;
    Words words;
    std::optional<Recorder> none;
    std::optional<Recorder> some(Recorder{.name = "some", .words = words, .says_no_at = "2"});
    const std::optional<std::function<void(const Progress&)>> fixed([&](const Progress&) { words.push_back("fixed"); });
    CHECK(loop.train(10, none).finished());
    CHECK(words.empty());
    CHECK(!loop.train(20, none, some, fixed).finished());  // in iteration 2
    CHECK(words == Words{"some start", "some 2", "fixed", "some after 2", "some callback"});
}

TEST_CASE("all members of a callback in a reference wrapper are called") {
    Loop loop;
    Words words;
    Recorder recorder{.name = "a", .words = words};
    const auto fixed = std::ref(recorder);
    loop.train(10, std::ref(recorder), fixed);
    CHECK(words == Words{"a start", "a start", "a 1", "a 1", "a after 1", "a after 1", "a steps", "a steps"});
}

TEST_CASE("a run has the name of its trainer, and before the first iteration the trainer's progress") {
    Loop loop;
    struct Look {
        Progress& before;
        std::string& name;
        void operator()(const Progress&) const {}
        void on_start(Run& run) const {
            name = run.name();
            before = run.progress();
        }
    };
    Progress before;
    std::string name;
    loop.train(20, Look{before, name});
    CHECK(name == "Test");
    CHECK(before.algorithm == "Test");
    CHECK(before.iteration == 0);
    CHECK(std::isnan(before.mean_return));
    loop.train(30, Look{before, name});
    CHECK(before.iteration == 2);
    CHECK(before.steps == 0);
    CHECK(before.total_steps == 30);
    CHECK(before.lifetime_episodes == 2);
    CHECK(before.mean_return == 3);
}

TEST_CASE("the seconds of a progress do not count what on_start takes") {
    using Clock = std::chrono::steady_clock;
    struct Slow {
        Clock::time_point& started;
        void on_start(Run&) const {
            std::this_thread::sleep_for(std::chrono::milliseconds(30));
            started = Clock::now();
        }
        void operator()(const Progress& progress) const {
            CHECK(progress.seconds <= std::chrono::duration<double>(Clock::now() - started).count());
        }
    };
    Loop loop;
    Clock::time_point started;
    loop.train(20, Slow{started});
}
