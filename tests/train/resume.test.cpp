#include "catch.hpp"

#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradiva/core/schedule.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/train/resume.hpp"
#include "gradiva/train/train_loop.hpp"

using namespace gradiva;

namespace {

/// 10 steps per iteration; its weight is what it learns.
struct Toy {
    std::span<const std::string_view> metric_names = {};
    TrainLoop loop{"Toy", metric_names};
    double weight = 1;
    Schedule rate = 0.5;
    Index fails_at = 0;  // iteration

    template <class... Callbacks>
    Progress train(const TrainOptions& options, Callbacks&&... callbacks) {
        return loop.run(
            options, *this,
            [this](Progress& progress) {
                require(progress.iteration != fails_at, "the environment broke");
                weight = weight * 1.25 + rate(progress.schedule_progress);
                Buffer<FinishedEpisode> finished;
                finished.push_back({.environment = 0, .reward_sum = weight, .length = 7});
                MatrixBuffer<double> metrics(static_cast<Index>(metric_names.size()), 1);
                for (Index k = 0; k < metrics.rows(); ++k) metrics(k, 0) = weight * static_cast<double>(k + 2);
                loop.report(10, finished, metrics, progress);
            },
            callbacks...);
    }

    void visit_state(State& state) {
        state("weight", weight);
        state.fixed("rate", rate);
    }
};

/// Saves in memory, at each iteration and at the end; restores from what it has at the start.
template <Episodes episodes>
struct Memory {
    static constexpr Episodes saves_run = episodes;
    std::shared_ptr<StateImage> saved = std::make_shared<StateImage>();
    std::shared_ptr<std::vector<std::string>> calls = std::make_shared<std::vector<std::string>>();

    void on_start(Run& run) {
        calls->push_back("Memory::on_start");
        if (!saved->arrays().empty()) resume("memory", run, *saved, episodes);
    }
    void operator()(const Progress&) const {}
    void after_iteration(Run& run) {
        calls->push_back("Memory::after_iteration");
        save(run);
    }
    void on_stop(const Run&, Stop why) { calls->push_back(why == Stop::exception ? "failed" : "Memory::on_stop"); }

    void save(Run& run) const {
        *saved = StateImage();
        StateWriter writer(*saved, episodes);
        run.visit_state(writer);
    }
};
using InMemory = Memory<Episodes::kept>;

/// Notes its calls, and counts iterations: its state.
struct Counter {
    std::shared_ptr<std::vector<std::string>> calls;
    Index count = 0;
    Index stops_at = 0;

    void on_start(const Run&) { calls->push_back("on_start"); }
    bool operator()(const Progress&) { return ++count != stops_at; }
    void after_iteration(Run&) { calls->push_back("after_iteration"); }
    void on_stop(const Run&, Stop) { calls->push_back("on_stop"); }
    void visit_state(State& state) { state("count", count); }
};

std::string error_of(Toy& toy, const TrainOptions& options, InMemory& memory) {
    try {
        toy.train(options, memory);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("callbacks that save come first at the start, and last after an iteration and at the end") {
    InMemory memory;
    Counter counter{.calls = memory.calls};
    Toy().train({.steps = 20}, counter, memory);
    CHECK(*memory.calls == std::vector<std::string>{"Memory::on_start", "on_start", "after_iteration",
                                                    "Memory::after_iteration", "after_iteration",
                                                    "Memory::after_iteration", "on_stop", "Memory::on_stop"});
    CHECK(memory.saved->find("callbacks/callback/count") != nullptr);
}

TEST_CASE("a training that a callback has stopped goes on, with its callbacks, as one that was not stopped") {
    Toy whole;
    InMemory of_whole;
    Counter whole_counter{.calls = of_whole.calls};
    const Progress expected = whole.train({.steps = 1500}, of_whole, whole_counter);
    for (const Index stop : {1, 40, 120, 149}) {
        INFO("stopped after iteration " << stop);
        InMemory memory;
        Toy first;
        Counter counter{.calls = memory.calls, .stops_at = stop};
        first.train({.steps = 1500}, memory, counter);
        CHECK(counter.count == stop);
        Toy again;
        again.weight = 100;
        Counter other{.calls = memory.calls};
        const Progress last = again.train({.steps = 1500}, memory, other);
        CHECK(again.weight == whole.weight);
        CHECK(other.count == 150);
        CHECK(last.iteration == 150);
        CHECK(last.steps == 1500);
        CHECK(last.mean_return == expected.mean_return);
        CHECK(last.lifetime_episodes == expected.lifetime_episodes);
        CHECK(last.seconds > 0);
        CHECK(last.schedule_progress == 1);
    }
}

TEST_CASE("a training that is complete returns what was saved and calls no callback but the one that saves") {
    InMemory memory;
    Toy first;
    const Progress expected = first.train({.steps = 35}, memory);
    memory.calls->clear();
    Toy again;
    Counter counter{.calls = memory.calls};
    Counter saved_counter{.calls = memory.calls};
    InMemory with_counter;
    Toy().train({.steps = 35}, with_counter, saved_counter);
    memory.calls->clear();
    with_counter.calls = memory.calls;
    const Progress last = again.train({.steps = 35}, with_counter, counter);
    CHECK(*memory.calls == std::vector<std::string>{"Memory::on_start"});
    CHECK(last.steps == expected.steps);
    CHECK(last.iteration == 4);
    CHECK(last.finished());
    CHECK(last.mean_return == expected.mean_return);
    CHECK(again.weight == first.weight);
    CHECK(counter.count == 4);
}

TEST_CASE("means of metrics go on in a training that is restored, also in one that is complete") {
    static constexpr std::array<std::string_view, 2> names{"twice", "thrice"};
    Toy whole{.metric_names = names};
    const Progress expected = whole.train({.steps = 1500});
    CHECK(expected.metrics["thrice"] == Catch::Approx(3 * expected.mean_return));
    for (const Index stop : {1, 120}) {
        InMemory memory;
        Counter counter{.calls = memory.calls, .stops_at = stop};
        Toy{.metric_names = names}.train({.steps = 1500}, memory, counter);
        Counter other{.calls = memory.calls};
        CHECK(Toy{.metric_names = names}.train({.steps = 1500}, memory, other).metrics["twice"] ==
              expected.metrics["twice"]);
        const Progress complete = Toy{.metric_names = names}.train({.steps = 1500}, memory, other);
        CHECK(complete.metrics["twice"] == expected.metrics["twice"]);
        CHECK(complete.metrics["thrice"] == expected.metrics["thrice"]);
    }
}

TEST_CASE("a training with other metrics is refused, and one without them saves as it did before there were any") {
    static constexpr std::array<std::string_view, 2> names{"twice", "thrice"}, others{"twice", "height"};
    InMemory memory, without;
    Toy{.metric_names = names}.train({.steps = 30}, memory);
    Toy other{.metric_names = others};
    CHECK_THAT(error_of(other, {.steps = 30}, memory), ContainsText("loop/metric_names"));
    Toy none;
    CHECK_THAT(error_of(none, {.steps = 30}, memory), ContainsText("metric"));
    Toy().train({.steps = 30}, without);
    for (const StateArray& array : without.saved->arrays()) {
        CHECK(array.path.find("metric") == std::string::npos);
    }
}

TEST_CASE("more steps extend a training") {
    Toy whole;
    whole.train({.steps = 70});
    InMemory memory;
    Toy().train({.steps = 30}, memory);
    Toy again;
    const Progress last = again.train({.steps = 70}, memory);
    CHECK(last.steps == 70);
    CHECK(last.total_steps == 70);
    CHECK(again.weight == whole.weight);
    CHECK(Toy().train({.steps = 50}, memory).steps == 70);  // fewer: complete
}

TEST_CASE("other steps are refused where a schedule runs over them") {
    const auto falling = [] {
        Toy toy;
        toy.rate = Linear{1, 0};
        return toy;
    };
    InMemory memory;
    Toy first = falling();
    first.train({.steps = 30}, memory);
    Toy again = falling();
    again.weight = 5;
    CHECK_THAT(
        error_of(again, {.steps = 60}, memory),
        ContainsText(
            "memory: rate changes over 30 steps, and here over 60; keep the steps, or set schedule_steps to 30"));
    CHECK(again.weight == 5);
    CHECK(error_of(again, {.steps = 30}, memory).empty());
    SECTION("unless schedule_steps are set to them") {
        Toy whole = falling();
        whole.train({.steps = 60, .schedule_steps = 30});
        Toy rest = falling();
        CHECK(error_of(rest, {.steps = 60, .schedule_steps = 30}, memory).empty());
        CHECK(rest.weight == whole.weight);
    }
    SECTION("unless it runs over schedule_steps") {
        InMemory other;
        Toy whole = falling();
        whole.train({.steps = 60, .schedule_steps = 100});
        Toy part = falling();
        part.train({.steps = 30, .schedule_steps = 100}, other);
        Toy rest = falling();
        CHECK(error_of(rest, {.steps = 60, .schedule_steps = 100}, other).empty());
        CHECK(rest.weight == whole.weight);
        Toy wrong = falling();
        CHECK_THAT(error_of(wrong, {.steps = 60, .schedule_steps = 90}, other),
                   ContainsText(
                       "rate changes over 100 steps, and here over 90; keep the steps, or set schedule_steps to 100"));
    }
}

TEST_CASE("of several calls of train, those that are complete end at once and the others go on") {
    Toy whole;
    InMemory memory;
    whole.train({.steps = 30}, memory);
    whole.train({.steps = 50}, memory);
    struct StopAt {
        Index iteration;
        bool operator()(const Progress& progress) const { return progress.iteration != iteration; }
    };
    const auto run = [&](InMemory& into, Index stop) {
        Toy toy;
        if (toy.train({.steps = 30}, into, StopAt{stop}).finished()) toy.train({.steps = 50}, into, StopAt{stop});
        return toy.weight;
    };
    for (const Index stop : {2, 3, 5, 8}) {
        INFO("stopped after iteration " << stop);
        InMemory of_run;
        run(of_run, stop);
        CHECK(run(of_run, 100) == whole.weight);
        CHECK(first_difference(*of_run.saved, *memory.saved) == "progress/seconds");
    }
}

TEST_CASE("a later call of train may have other schedules, and needs the same callbacks with state") {
    const auto falling = [] {
        Toy toy;
        toy.rate = Linear{1, 0};
        return toy;
    };
    const auto run = [&](InMemory& memory, Index stop) {
        Toy toy = falling();
        const auto stopped = [stop](const Progress& progress) { return progress.iteration != stop; };
        if (toy.train({.steps = 30}, memory, stopped).finished()) {
            toy.train({.steps = 50, .schedule_steps = 90}, memory, stopped);
        }
        return toy.weight;
    };
    InMemory whole;
    const double expected = run(whole, 100);
    for (const Index stop : {2, 3, 5, 8}) {
        InMemory memory;
        run(memory, stop);
        CHECK(run(memory, 100) == expected);
    }
    InMemory memory;
    Toy toy;
    Counter counter{.calls = memory.calls};
    toy.train({.steps = 30}, memory);
    CHECK_THROWS_WITH(toy.train({.steps = 30}, memory, counter),
                      ContainsText("callbacks/callback/count was not in the earlier call of train that was saved"));
    InMemory counted;
    Toy other;
    other.train({.steps = 30}, counted, counter);
    CHECK_THROWS_WITH(other.train({.steps = 30}, counted),
                      ContainsText("callbacks/callback/count was saved by an earlier call of train and is not here"));
}

TEST_CASE("what belongs to another training is refused, and nothing is restored") {
    InMemory memory;
    Toy first;
    first.train({.steps = 30}, memory);
    Toy other;
    other.rate = 0.75;
    CHECK_THAT(error_of(other, {.steps = 60}, memory), ContainsText("memory: rate/from is 0.5 where it was saved"));
    CHECK(other.weight == 1);
    SECTION("also before a further call of a training") {
        Toy later;
        later.rate = 0.75;
        later.train({.steps = 10});
        CHECK_THAT(error_of(later, {.steps = 60}, memory), ContainsText("rate/from is 0.5"));
    }
    SECTION("with other callbacks") {
        Toy same;
        Counter counter{.calls = memory.calls};
        CHECK_THROWS_WITH(same.train({.steps = 60}, memory, counter),
                          ContainsText("memory: callbacks/callback/count was not saved: its callback was added to the "
                                       "training; use the parts, options and callbacks of the program that saved"));
        InMemory counted;
        Toy().train({.steps = 30}, counted, counter);
        CHECK_THROWS_WITH(same.train({.steps = 60}, counted),
                          ContainsText("memory: callbacks/callback/count was saved and is not here"));
        CHECK(same.weight == 1);
    }
}

TEST_CASE("seconds that are no time are none") {
    for (const double seconds : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                                 -std::numeric_limits<double>::infinity(), -5.0}) {
        InMemory memory;
        Toy().train({.steps = 30}, memory);
        std::memcpy(memory.saved->at("progress/seconds").own.data(), &seconds, sizeof(seconds));
        const Progress last = Toy().train({.steps = 60}, memory);
        CHECK(last.iteration == 6);
        CHECK(last.seconds >= 0);
        CHECK(last.seconds < 100);
    }
}

TEST_CASE("a callback that saves hears of an exception also where an on_stop throws at the end") {
    struct Throwing {
        void operator()(const Progress&) const {}
        void on_stop(const Run&, Stop why) const { require(why != Stop::steps, "the log is full"); }
    };
    InMemory memory;
    CHECK_THROWS_WITH(Toy().train({.steps = 20}, memory, Throwing{}), "the log is full");
    CHECK(memory.calls->back() == "failed");
}

TEST_CASE("after an exception the training goes on from what was saved") {
    Toy whole;
    whole.train({.steps = 100});
    InMemory memory;
    Toy broken;
    broken.fails_at = 6;
    CHECK_THROWS_WITH(broken.train({.steps = 100}, memory), "Toy: iteration 6: the environment broke");
    CHECK(memory.calls->back() == "failed");
    broken.fails_at = 0;
    broken.train({.steps = 100}, memory);
    CHECK(broken.weight == whole.weight);
}
