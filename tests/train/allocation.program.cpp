// No iteration after the first may call malloc: here malloc itself is counted, since Eigen's large products allocate
// behind operator new's back. Runs whole trainings at widths 64 and 256.

#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <gradiva/gradiva.hpp>

namespace {

std::atomic<long> calls = 0;

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
    static auto* const real = next<void*(std::size_t)>("malloc");
    ++calls;
    return real(size);
}

void* realloc(void* old, std::size_t size) {
    static auto* const real = next<void*(void*, std::size_t)>("realloc");
    ++calls;
    return real(old, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    static auto* const real = next<void*(std::size_t, std::size_t)>("aligned_alloc");
    ++calls;
    return real(alignment, size);
}

int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
    static auto* const real = next<int(void**, std::size_t, std::size_t)>("posix_memalign");
    ++calls;
    return real(out, alignment, size);
}
}

namespace {

using namespace gradiva;

int failures = 0;

/// Counts the calls of every iteration after the first `warm_up`.
template <class Trainer>
void count(const char* name, Index width, Trainer& trainer, Index steps, Index warm_up) {
    long before = 0;
    long late = 0;
    trainer.train({.steps = steps}, [&](const Progress& progress) {
        const long now = calls;
        if (progress.iteration > warm_up) late += now - before;
        before = now;
    });
    fmt::print("{} at width {}: {} allocations after iteration {}\n", name, width, late, warm_up);
    if (late != 0) ++failures;
}

void run(Index width, Index threads) {
    TimeLimit cart_pole(CartPole{}, 50);
    Vectorized envs(cart_pole, {.count = 8, .seed = 1});
    const Mlp mlp{.hidden = {width, width}};
    Actor actor(envs, mlp);
    Critic critic(envs, mlp);
    {
        PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 128, .minibatch = 300, .epochs = 2, .threads = threads});
        count("PpoClip", width, trainer, 8 * 1024, 1);
    }
    {
        PpoKl trainer(envs, actor, critic, Gae{}, {.horizon = 128, .minibatch = 300, .epochs = 2, .threads = threads});
        count("PpoKl", width, trainer, 8 * 1024, 1);
    }
    {
        A2c trainer(envs, actor, critic, Gae{.lambda = 1}, {.threads = threads});
        count("A2c", width, trainer, 20 * 40, 1);
    }
    {
        Trpo trainer(envs, actor, critic, Gae{}, {.horizon = 128, .critic_epochs = 2, .threads = threads});
        count("Trpo", width, trainer, 4 * 1024, 1);
    }
    {
        // The store's rollouts are sized by the first three iterations.
        OffPolicy trainer(envs, actor, critic, VTrace{}, {.horizon = 32, .store = 3, .age = 2, .threads = threads});
        count("OffPolicy", width, trainer, 12 * 256, 3);
    }
    {
        Actor values(envs, Mlp{.hidden = {width, width}, .layer_norm = true}, EpsilonGreedy<float>(2));
        QLambda trainer(envs, values, {.threads = threads});
        count("QLambda", width, trainer, 8 * 1024, 1);
    }
    {
        // Buffers sized by episodes settle once the longest episodes have been seen.
        Reinforce trainer(envs, actor, RewardToGo{.baseline = Baseline::mean_of_others},
                          {.episodes = 2, .learning_rate = 1e-2, .threads = threads});
        count("Reinforce", width, trainer, 40 * 800, 30);
    }
}

}  // namespace

int main() {
    const long before = calls;
    for (const Index threads : {1, 2}) {
        run(64, threads);
        run(256, threads);
    }
    const bool counting = calls > before;  // building a trainer allocates
    fmt::print("malloc is counted: {}\n", counting);
    return failures == 0 && counting ? 0 : 1;
}
