// One minibatch against PyTorch.
#include <string>

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/surrogate/clip.hpp"
#include "gradiva/surrogate/kl_penalty.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/largest.hpp"
#include "learn/recording_optimizer.hpp"
#include "reference/read_blocks.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using ActorType = Actor<MlpNetwork<float>, Categorical<float>>;
using CriticType = Critic<MlpNetwork<float>>;

void assign(std::span<float> to, const reference::Block& from) {
    REQUIRE(to.size() == from.values.size());
    std::transform(from.values.begin(), from.values.end(), to.begin(), [](double x) { return static_cast<float>(x); });
}

/// The recorded networks and the recorded batch, as a rollout of one step of as many environments as there are samples.
struct Recording {
    explicit Recording(const std::string& name)
        : blocks(reference::read_blocks(fmt::format("{}/tests/reference/{}", GRADIVA_SOURCE_DIR, name))),
          samples(static_cast<Index>(at("action").values.size())), envs(CartPole{}, {.count = samples}) {
        assign(actor.weights(), at("actor_weights"));
        assign(critic.weights(), at("critic_weights"));
        rollout.resize(1);
        std::fill(rollout.length.begin(), rollout.length.end(), 1);
        assign({rollout.observation.data(), static_cast<std::size_t>(4 * samples)}, at("observation"));
        assign({rollout.head.data(), static_cast<std::size_t>(2 * samples)}, at("old_head"));
        const auto count = static_cast<std::size_t>(samples);
        assign({rollout.log_prob.data(), count}, at("old_log_prob"));
        assign({rollout.advantage.data(), count}, at("advantage"));
        assign({rollout.value_target.data(), count}, at("value_target"));
        for (Index n = 0; n < samples; ++n) {
            rollout.action.all().integers(0, n) = static_cast<int>(at("action").values[static_cast<std::size_t>(n)]);
        }
    }

    const reference::Block& at(const std::string& name) const { return reference::at(blocks, name); }
    double number(const std::string& name) const { return at(name).values.at(0); }

    template <class S>
    UpdateReport update(S surrogate, RecordingOptimizer& optimizer) {
        Updater<ActorType, CriticType, S, RecordingOptimizer> updater(actor, critic, surrogate, optimizer,
                                                                      {.minibatch = all_samples,
                                                                       .epochs = 1,
                                                                       .entropy = number("entropy_coefficient"),
                                                                       .value_coefficient = number("value_coefficient"),
                                                                       .max_gradient_norm = 0,
                                                                       .normalize_advantage = true},
                                                                      threads, 1);
        return updater(rollout);
    }

    void check_gradients(const RecordingOptimizer& optimizer) const {
        REQUIRE(optimizer.record->gradients.size() == 2);
        check_close(optimizer.record->gradients[0], at("actor_gradient").values);
        check_close(optimizer.record->gradients[1], at("critic_gradient").values);
    }

    static void check_close(const std::vector<double>& ours, const std::vector<double>& theirs) {
        REQUIRE(ours.size() == theirs.size());
        double largest = 0;
        for (std::size_t i = 0; i < ours.size(); ++i) largest = largest_of(largest, std::abs(ours[i] - theirs[i]));
        CHECK(largest < 1e-5);
        CHECK(relative_error(ours, theirs) < 1e-5);
    }

    reference::Blocks blocks;
    Index samples;
    Vectorized<CartPole> envs;
    Threads threads;
    ActorType actor{envs, {.hidden = {16, 16}}};
    CriticType critic{envs, {.hidden = {16, 16}}};
    Rollout<float> rollout{envs, actor};
};

}  // namespace

TEST_CASE("loss and gradient of PPO-clip equal those of PyTorch") {
    Recording torch("ppo_clip_torch.txt");
    RecordingOptimizer optimizer;
    const UpdateReport report = torch.update(Clip{.clip = torch.number("clip")}, optimizer);
    CHECK(std::abs(report.surrogate_loss - torch.number("surrogate_loss")) < 1e-5);
    CHECK(std::abs(report.entropy - torch.number("entropy")) < 1e-5);
    CHECK(std::abs(report.value_loss - torch.number("value_loss")) < 1e-5);
    CHECK(report.clip_fraction > 0.1);
    torch.check_gradients(optimizer);
    const double norm = std::sqrt(Eigen::Map<const Vector<double>>(torch.at("actor_gradient").values.data(),
                                                                   static_cast<Index>(torch.actor.weights().size()))
                                      .squaredNorm() +
                                  Eigen::Map<const Vector<double>>(torch.at("critic_gradient").values.data(),
                                                                   static_cast<Index>(torch.critic.weights().size()))
                                      .squaredNorm());
    CHECK(report.gradient_norm == Catch::Approx(norm).epsilon(1e-5));
}

TEST_CASE("loss and gradient of PPO-KL equal those of PyTorch") {
    Recording torch("ppo_kl_torch.txt");
    RecordingOptimizer optimizer;
    const double beta = torch.number("beta");
    const UpdateReport report = torch.update(KlPenalty{.beta = beta}, optimizer);
    CHECK(std::abs(report.surrogate_loss - torch.number("surrogate_loss") - beta * torch.number("kl")) < 1e-5);
    CHECK(std::abs(report.mean_kl - torch.number("kl")) < 1e-5);
    torch.check_gradients(optimizer);
}
