// One part of a program: compiled once for every target, as PART(name).
#include <array>

#include <gradiva/gradiva.hpp>

#define JOIN_EXPANDED(a, b) a##b
#define JOIN(a, b) JOIN_EXPANDED(a, b)
#define PART(name) JOIN(name, JOIN(_in_, GRADIVA_PART))

using namespace gradiva;

/// log p of choice 1 of three, of logits 0, 7 and 1, in a batch of 20 columns.
float PART(log_prob)() {
    Categorical<float> categorical(3);
    Categorical<float>::Tape tape;
    MatrixBuffer<float> logits(3, 20);
    for (Index j = 0; j < 20; ++j) {
        logits(0, j) = 0;
        logits(1, j) = static_cast<float>(j);
        logits(2, j) = 1;
    }
    categorical.forward(std::as_const(logits).matrix(), {}, tape);
    ActionBatch actions({1, 0}, 20);
    for (Index j = 0; j < 20; ++j) actions.all().integers(0, j) = 1;
    Buffer<float> log_prob(20);
    categorical.log_prob(tape, std::as_const(actions).all(), log_prob.vector());
    return log_prob[7];
}

/// The sum of all weights after a moment of training.
template <class E>
double trained(const E& env) {
    Vectorized envs(TimeLimit(env, 50), {.count = 12, .seed = 3});
    Actor actor(envs, Mlp{.layer_norm = true, .normalize_observations = true});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 40, .epochs = 2, .normalize_rewards = true, .threads = 2});
    trainer.train({.steps = 3 * 12 * 40});
    double sum = 0;
    for (const float w : actor.weights()) sum += static_cast<double>(w);
    for (const float w : critic.weights()) sum += static_cast<double>(w);
    return sum;
}

std::array<double, 2> PART(trained)() { return {trained(CartPole{}), trained(Pendulum{})}; }
