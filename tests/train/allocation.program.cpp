// No iteration of a trainer after the first may call malloc. Runs whole trainings at widths 64 and 256.
#include "helpers/count_malloc.hpp"

namespace {

using namespace gradiva;
using count_malloc::count;

void run(Index width, Index threads) {
    const std::string at = fmt::format(" at width {} with {} threads", width, threads);
    TimeLimit cart_pole(CartPole{}, 50);
    Vectorized envs(cart_pole, {.count = 8, .seed = 1});
    const Mlp mlp{.hidden = {width, width}};
    Actor actor(envs, mlp);
    Critic critic(envs, mlp);
    {
        PpoClip trainer(envs, actor, critic, Gae{},
                        {.horizon = 128, .minibatch = 300, .epochs = 2, .threads = threads});
        count("PpoClip" + at, trainer, 8 * 1024, 1);
    }
    {
        PpoKl trainer(envs, actor, critic, Gae{}, {.horizon = 128, .minibatch = 300, .epochs = 2, .threads = threads});
        count("PpoKl" + at, trainer, 8 * 1024, 1);
    }
    {
        A2c trainer(envs, actor, critic, Gae{.lambda = 1}, {.threads = threads});
        count("A2c" + at, trainer, 20 * 40, 1);
    }
    {
        Trpo trainer(envs, actor, critic, Gae{}, {.horizon = 128, .critic_epochs = 2, .threads = threads});
        count("Trpo" + at, trainer, 4 * 1024, 1);
    }
    {
        // The store's rollouts are sized by the first three iterations.
        OffPolicy trainer(envs, actor, critic, VTrace{}, {.horizon = 32, .store = 3, .age = 2, .threads = threads});
        count("OffPolicy" + at, trainer, 12 * 256, 3);
    }
    {
        Actor values(envs, Mlp{.hidden = {width, width}, .layer_norm = true}, EpsilonGreedy<float>(2));
        QLambda trainer(envs, values, {.threads = threads});
        count("QLambda" + at, trainer, 8 * 1024, 1);
    }
    {
        // Buffers sized by episodes settle once the longest episodes have been seen.
        Reinforce trainer(envs, actor, RewardToGo{.baseline = Baseline::mean_of_others},
                          {.episodes = 2, .learning_rate = 1e-2, .threads = threads});
        count("Reinforce" + at, trainer, 40 * 800, 30);
    }
}

}  // namespace

int main() {
    return count_malloc::judge([] {
        for (const Index threads : {1, 2}) {
            run(64, threads);
            run(256, threads);
        }
    });
}
