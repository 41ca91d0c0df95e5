#include "catch.hpp"

#include <signal.h>
#include <csignal>

#include "gradiva/callbacks/stop_on_signal.hpp"
#include "gradiva/train/train_loop.hpp"

using namespace gradiva;

namespace {

volatile std::sig_atomic_t seen = 0;
void note(int signal) { seen = signal; }

struct Loop {
    TrainLoop loop{"Loop"};
    template <class... Callbacks>
    Progress train(Callbacks&&... callbacks) {
        return loop.run(
            TrainOptions{.steps = 50}, *this,
            [this](Progress& progress) { loop.report(10, Buffer<FinishedEpisode>(), progress); }, callbacks...);
    }
};

}  // namespace

TEST_CASE("a signal ends the training after its iteration, and the former handler comes back") {
    for (const int signal : {SIGINT, SIGTERM}) {
        seen = 0;
        detail::stop_signal = 0;
        const auto former = std::signal(signal, note);
        StopOnSignal stop;
        const auto interrupt = [&](const Progress& progress) {
            if (progress.iteration == 2) std::raise(signal);
        };
        CHECK(Loop().train(stop).iteration == 5);
        CHECK(stop.signal() == 0);
        CHECK(Loop().train(interrupt, stop).iteration == 2);
        CHECK(stop.signal() == signal);
        CHECK(seen == 0);
        std::raise(signal);
        CHECK(seen == signal);
        CHECK(Loop().train(stop).iteration == 0);  // nor does a training that begins later go on
        CHECK(Loop().train().iteration == 5);
        detail::stop_signal = 0;
        CHECK(Loop().train(stop, interrupt).iteration == 3);  // asked before the signal came
        detail::stop_signal = 0;
        std::signal(signal, former);
    }
}

TEST_CASE("a former handler of three arguments comes back whole") {
    static volatile std::sig_atomic_t code = 0;
    using Action = struct sigaction;
    Action mine{}, before{}, after{};
    mine.sa_sigaction = [](int, siginfo_t* info, void*) { code = info->si_pid > 0 ? 1 : 2; };
    mine.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGINT, &mine, &before);
    Loop().train(StopOnSignal());
    std::raise(SIGINT);
    sigaction(SIGINT, &before, &after);
    CHECK(code == 1);
    CHECK((after.sa_flags & (SA_SIGINFO | SA_NODEFER)) == (SA_SIGINFO | SA_NODEFER));
}

TEST_CASE("a signal that the program ignores stays ignored, also after another one") {
    detail::stop_signal = 0;
    const auto former = std::signal(SIGINT, SIG_IGN);
    const auto interrupt = [](const Progress&) { std::raise(SIGINT); };
    CHECK(Loop().train(interrupt, StopOnSignal()).iteration == 5);
    CHECK(detail::stop_signal == 0);
    const auto terminate = [](const Progress&) { std::raise(SIGTERM); };
    CHECK(Loop().train(terminate, interrupt, StopOnSignal()).iteration == 1);
    const auto still_ignored = std::signal(SIGINT, former);
    CHECK(still_ignored == SIG_IGN);
    detail::stop_signal = 0;
}

TEST_CASE("the former handlers come back after an exception too, and a second signal finds the default one") {
    const auto former = std::signal(SIGINT, note);
    seen = 0;
    CHECK_THROWS_AS(Loop().train(StopOnSignal(), [](const Progress&) { fail("broken"); }), Error);
    std::raise(SIGINT);
    CHECK(seen == SIGINT);
    Loop().train(StopOnSignal(), [](const Progress& progress) {
        if (progress.iteration > 1) return;
        std::raise(SIGINT);
        const auto for_the_second = std::signal(SIGINT, SIG_IGN);
        CHECK(for_the_second == SIG_DFL);
    });
    detail::stop_signal = 0;
    std::signal(SIGINT, former);
}
