// The same as allocation.program.cpp for networks of images: convolutions, which gather patches, alone, in a Join, and
// as the trunk that actor and critic share.
#include "helpers/count_malloc.hpp"
#include "helpers/lamp.hpp"

namespace {

using namespace gradiva;
using count_malloc::count;

using Envs = Vectorized<gradiva_test::Lamp>;

constexpr Index horizon = 64, steps = 8 * horizon;

PpoClipOptions clip_options(Index threads) {
    return {.horizon = horizon, .minibatch = 200, .epochs = 2, .threads = threads};
}

template <class Description>
void run(const std::string& name, const Description& description, Index threads) {
    Envs envs(gradiva_test::Lamp{}, {.count = 8, .seed = 1});
    Actor actor(envs, description);
    Critic critic(envs, description);
    {
        PpoClip trainer(envs, actor, critic, Gae{}, clip_options(threads));
        count("PpoClip, " + name, trainer, 4 * steps, 1);
    }
    {
        Trpo trainer(envs, actor, critic, Gae{}, {.horizon = horizon, .critic_epochs = 2, .threads = threads});
        count("Trpo, " + name, trainer, 3 * steps, 1);
    }
}

void run_trunk(const std::string& name, const NetworkPart& trunk, Index threads) {
    Envs envs(gradiva_test::Lamp{}, {.count = 8, .seed = 1});
    Actor actor(envs, SharedTrunk{.trunk = trunk, .critic = {.hidden = {16}}});
    SharedCritic critic(actor);
    PpoClip trainer(envs, actor, critic, Gae{}, clip_options(threads));
    count("PpoClip, trunk, " + name, trainer, 4 * steps, 1);
}

void run_all(const std::string& name, Activation activation, Index threads) {
    const Convolution images{
        .layers = {{8, 3, 1, 1}, {33, 2, 2}}, .hidden = {32}, .activation = activation, .normalize_observations = true};
    const Mlp rows{.hidden = {20}, .activation = activation, .normalize_observations = true, .inputs = Range{5, 40}};
    const Join join{.networks = {images, rows}, .hidden = {32}, .activation = activation};
    run("Convolution, " + name, images, threads);
    run("Join, " + name, join, threads);
    run_trunk("Convolution, " + name, images, threads);
    run_trunk("Join, " + name, join, threads);
}

}  // namespace

int main() {
    return count_malloc::judge([] {
        run_all("relu, one thread", Activation::relu, 1);
        run_all("silu, two threads", Activation::silu, 2);
    });
}
