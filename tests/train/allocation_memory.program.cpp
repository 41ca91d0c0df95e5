// The same as allocation.program.cpp for networks with memory.
#include "helpers/count_malloc.hpp"

namespace {

using namespace gradiva;
using count_malloc::count;

constexpr Index horizon = 64, environments = 8, steps = 8 * horizon;

template <class Description>
void run(const std::string& name, const Description& description, Index threads) {
    Vectorized envs(TimeLimit(CartPole{}, 30), {.count = environments, .seed = 1});
    {
        Actor actor(envs, description);
        Critic critic(envs, description);
        PpoClip trainer(envs, actor, critic, Gae{},
                        {.horizon = horizon, .minibatch = 200, .epochs = 2, .threads = threads});
        count("PpoClip, " + name, trainer, 4 * steps, 1);
    }
    {
        Actor actor(envs, description);
        Critic critic(envs, description);
        OffPolicy trainer(envs, actor, critic, VTrace{}, {.horizon = horizon, .threads = threads});
        count("OffPolicy, " + name, trainer, 12 * steps, 5);
    }
}

void run_trunk(const std::string& name, const RecurrentPart& trunk, Index threads) {
    Vectorized envs(TimeLimit(CartPole{}, 30), {.count = environments, .seed = 1});
    Actor actor(envs, RecurrentTrunk{.trunk = trunk, .critic = {.hidden = {16}}});
    SharedCritic critic(actor);
    PpoClip trainer(envs, actor, critic, Gae{},
                    {.horizon = horizon, .minibatch = 200, .epochs = 2, .threads = threads});
    count("PpoClip, trunk, " + name, trainer, 4 * steps, 1);
}

}  // namespace

int main() {
    return count_malloc::judge([] {
        run("Gru, one thread", Gru{.units = 20, .normalize_observations = true}, 1);
        run("Lstm, two threads", Lstm{.before = {5}, .units = 7, .after = {}}, 2);
        run_trunk("Gru, two threads", Gru{.units = 20, .normalize_observations = true}, 2);
        run_trunk("Lstm, one thread", Lstm{.before = {5}, .units = 7, .after = {}}, 1);
    });
}
