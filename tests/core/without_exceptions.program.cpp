// The whole library compiled without exceptions: it trains, and an error reaches the handler, then ends the program.
// Each case runs in a process of its own, which has to end as the case says.

#ifdef __cpp_exceptions
#error "this program is there to be compiled with -fno-exceptions"
#endif

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "gradiva/callbacks/csv_log.hpp"
#include "gradiva/callbacks/progress_bar.hpp"
#include "gradiva/gradiva.hpp"
#include "gradiva/rollout/recorded_rollout.hpp"

namespace {

using namespace gradiva;

/// A process ends with this status where its handler was called as it should be.
constexpr int handled = 17;

std::thread::id main_thread;
const char* expected_text = "";
bool in_worker = false;

// `exit` would run the destructors of what other threads still use.
void expect_text(const char* text) {
    const bool right =
        std::string_view(text) == expected_text && (std::this_thread::get_id() != main_thread) == in_worker;
    if (!right) std::printf("  the handler got \"%s\"\n", text);
    std::fflush(stdout);
    std::_Exit(right ? handled : 1);
}

void return_to_library(const char*) {}

void expect(const char* text, bool worker = false) {
    main_thread = std::this_thread::get_id();
    expected_text = text;
    in_worker = worker;
    set_error_handler(&expect_text);
}

/// An environment whose third step is wrong.
struct Broken {
    int steps = 0;
    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = 0; }
    Outcome step(int, Rng&, std::span<float> observation) {
        observation[0] = 0;
        return {.reward = ++steps < 3 ? 1.0 : std::nan("")};
    }
};

template <class E>
bool train(E env, Index threads) {
    Vectorized envs(env, {.count = 4, .seed = 3});
    Actor actor(envs, Mlp{.hidden = {8}});
    Critic critic(envs, Mlp{.hidden = {8}});
    PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 32, .minibatch = 32, .epochs = 2, .threads = threads});
    return trainer.train({.steps = 512}).finished();
}

int ends_well() { return train(CartPole{}, 2) ? 0 : 1; }

int refuses_an_argument() {
    expect("Threads: count is 0; give at least 1 thread");
    Threads threads(0);
    return 1;
}

int fails_in_a_worker() {
    expect("shard 1 is wrong", true);
    Threads threads(2);
    std::atomic<int> begun = 0;
    threads.run(2, [&](Index shard) {
        ++begun;
        while (begun < 2) std::this_thread::yield();  // each thread has one of the two
        if (std::this_thread::get_id() != main_thread) fail("shard 1 is wrong");
        while (true) std::this_thread::yield();
        (void)shard;
    });
    return 1;
}

int trains_in_a_broken_environment() {
    expect("collect: environment 0 gave a reward of nan, or did not write it; give a finite number");
    train(Broken{}, 1);
    return 1;
}

int has_a_handler_that_returns() {
    set_error_handler(&return_to_library);
    fail("nothing");
}

int has_no_handler() {
    set_error_handler(&expect_text);
    set_error_handler(nullptr);
    fail("clip is {}; give a number of at least {}", -0.5, 0);
}

struct Ending {
    int status;
    char err[200];  // what stderr got
};

Ending run(int (*body)()) {
    int err[2];
    if (pipe(err) != 0) std::abort();
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        dup2(err[1], 2);
        alarm(60);
        std::_Exit(body());
    }
    close(err[1]);
    Ending ending{};
    std::size_t size = 0;
    for (ssize_t got = 0; (got = read(err[0], ending.err + size, sizeof ending.err - 1 - size)) > 0;) {
        size += static_cast<std::size_t>(got);
    }
    close(err[0]);
    waitpid(child, &ending.status, 0);
    return ending;
}

bool is_exit(int status, int code) { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
bool is_abort(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT; }

bool report(const char* name, bool right) {
    std::printf("%s: %s\n", right ? "ok" : "WRONG", name);
    return right;
}

}  // namespace

int main() {
    int wrong = 0;
    const auto check = [&](const char* name, bool right) { wrong += report(name, right) ? 0 : 1; };
    check("training without an error ends well", is_exit(run(&ends_well).status, 0));
    check("the handler gets the text of an argument's error", is_exit(run(&refuses_an_argument).status, handled));
    check("the handler is called in the thread that met the error", is_exit(run(&fails_in_a_worker).status, handled));
    check("the handler gets the error of an environment",
          is_exit(run(&trains_in_a_broken_environment).status, handled));
    check("the program ends after a handler that returns", is_abort(run(&has_a_handler_that_returns).status));
    const Ending plain = run(&has_no_handler);
    check("without a handler the text goes to stderr, and the program ends",
          is_abort(plain.status) &&
              plain.err == std::string_view("gradiva: clip is -0.5; give a number of at least 0\n"));
    return wrong == 0 ? 0 : 1;
}
