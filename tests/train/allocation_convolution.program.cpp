// The same as allocation.program.cpp for networks of convolutions, which gather patches of images.
#include "helpers/count_malloc.hpp"
#include "helpers/lamp.hpp"

namespace {

using namespace gradiva;
using count_malloc::count;

void run(const std::string& name, Activation activation, Index threads) {
    const Convolution images{
        .layers = {{8, 3, 1, 1}, {33, 2, 2}}, .hidden = {32}, .activation = activation, .normalize_observations = true};
    Vectorized envs(gradiva_test::Lamp{}, {.count = 8, .seed = 1});
    Actor actor(envs, images);
    Critic critic(envs, images);
    {
        PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 64, .minibatch = 200, .epochs = 2, .threads = threads});
        count("PpoClip, " + name, trainer, 4 * 512, 1);
    }
    {
        Trpo trainer(envs, actor, critic, Gae{}, {.horizon = 64, .critic_epochs = 2, .threads = threads});
        count("Trpo, " + name, trainer, 3 * 512, 1);
    }
}

}  // namespace

int main() {
    return count_malloc::judge([] {
        run("relu, one thread", Activation::relu, 1);
        run("silu, two threads", Activation::silu, 2);
    });
}
