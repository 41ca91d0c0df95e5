// A surrogate of one's own, as the README shows it: one struct, and nothing else changes. It must learn the corridor.

#include <gradiva/gradiva.hpp>

#include "helpers/environments.hpp"

/// L = mean(-rho A + (rho - 1)^2 / (2 eps)): the plain surrogate, with a parabola that keeps the ratio near 1.
struct Parabola {
    double eps = 0.2;  ///< how far the ratio may go from 1, above 0

    void check() const { gradiva::require(eps > 0, "Parabola: eps is {}; give a number above 0", eps); }

    template <class V>
    auto ratio_loss(const V& rho, const V& advantage) const {
        const V away = (rho - 1) / gradiva::constant<V>(eps);
        return gradiva::SampleLoss{-rho * advantage + away * (rho - 1) / 2, away - advantage};
    }
};

int main() {
    using namespace gradiva;
    TimeLimit corridor(gradiva_test::Corridor{}, 100);
    Vectorized envs(corridor, {.count = 8, .seed = 1});
    Actor actor(envs, Mlp{.hidden = {32}});
    Critic critic(envs, Mlp{.hidden = {32}});
    const UpdateOptions update{.minibatch = 64, .epochs = 10, .learning_rate = 3e-3};
    Trainer trainer({.name = "Parabola", .horizon = 32}, envs, actor, critic, Gae{}, [&](Threads& threads) {
        return Updater(actor, critic, Parabola{.eps = 0.2}, Adam(), update, threads, envs.seed());
    });
    trainer.train({.steps = 20'000}, ProgressBar{});
    const Evaluation worth = evaluate(actor, corridor, {.episodes = 100});
    fmt::print("{}\n", worth);
    return worth.mean_return > 0.9 ? 0 : 1;
}
