#include "gradiva/train/callback_list.hpp"

#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace gradiva;

namespace {

struct Loop {};

/// Writes down what it is called for.
struct Scribe {
    std::vector<std::string>* calls;
    bool starts = true;

    bool on_start(Run&) const {
        calls->push_back("start");
        return starts;
    }
    bool operator()(const Progress& progress) {
        calls->push_back("report " + std::to_string(progress.iteration));
        return progress.iteration < 2;
    }
    void before_iteration(Run&) { calls->push_back("before"); }
    void after_iteration(Run&) { calls->push_back("after"); }
    void on_stop(const Run&, Stop why) { calls->push_back(why == Stop::callback ? "stop" : "stop otherwise"); }
};

}  // namespace

TEST_CASE("a list calls callbacks of any type, each as often as train would") {
    std::vector<std::string> calls;
    Progress progress{.iteration = 1};
    Run run("Mine", progress);
    CallbackList<Loop> list;
    CHECK(list.empty());
    int reports = 0;
    auto count = [&](const Progress&, const Loop&) { ++reports; };
    std::optional<Scribe> absent;
    list.add(Scribe{&calls}, count, absent);
    CHECK_FALSE(list.empty());
    CHECK(list.start(run));
    CHECK(calls == std::vector<std::string>{"start"});
    CHECK(list.start(run));  // nothing was added since
    list.add(Scribe{.calls = &calls, .starts = false});
    CHECK_FALSE(list.start(run));
    CHECK(calls == std::vector<std::string>{"start", "start"});
    calls.clear();
    list.before(run);
    CHECK(calls == std::vector<std::string>{"before", "before"});
    calls.clear();
    CHECK(list.report(run, Loop{}));
    CHECK(calls == std::vector<std::string>{"report 1", "report 1", "after", "after"});
    CHECK(reports == 1);
    progress.iteration = 2;
    CHECK_FALSE(list.report(run, Loop{}));
    calls.clear();
    list.add(Scribe{&calls});  // never started
    list.stop(run, Stop::callback);
    CHECK(calls == std::vector<std::string>{"stop", "stop"});
    CHECK(list.empty());
}

TEST_CASE(
    "a callback whose on_start throws is not in the list, and one whose on_stop throws does not keep others from "
    "theirs") {
    struct Thrower {
        bool at_start = false;
        void operator()(const Progress&) {}
        void on_start(Run&) const {
            if (at_start) fail("no start");
        }
        void on_stop(const Run&, Stop) const { fail("no end"); }
    };
    std::vector<std::string> calls;
    Progress progress{.iteration = 1};
    Run run("Mine", progress);
    CallbackList<Loop> list;
    list.add(Thrower{}, Scribe{&calls});
    list.start(run);
    list.add(Thrower{.at_start = true}, Scribe{&calls});
    CHECK_THROWS_WITH(list.start(run), "no start");
    calls.clear();
    CHECK(list.start(run));  // nothing is left to be started
    CHECK(list.report(run, Loop{}));
    CHECK(calls == std::vector<std::string>{"report 1", "after"});
    calls.clear();
    CHECK_THROWS_WITH(list.stop(run, Stop::callback), "no end");
    CHECK(calls == std::vector<std::string>{"stop"});
}
