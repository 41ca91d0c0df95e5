// A linear quadratic regulator learned by differentiating its return.
//
//   x' = A x + B u,   reward -(x^T Q x + u^T R u)
// The environment is a model whose derivatives are known: the loss -(1 / N) sum of rewards is followed backwards
// through a hundred steps of it, and no action is judged by chance. The policy u = W x + b is a network without hidden
// layers; the best one is -K x, with K from the Riccati recursion. (Werbos, 1990; Heess et al., 2015.)

#include "environments.hpp"
#include "program.hpp"

namespace {

/// K of the best policy, by P := Q + A^T P (A - B K), K = (R + B^T P B)^-1 B^T P A, for one action.
gradiva::Matrix<double> riccati(const gradiva::LinearQuadraticOptions& o) {
    gradiva::Matrix<double> p = o.q;
    gradiva::Matrix<double> k;
    for (int i = 0; i < 1000; ++i) {
        k = o.b.transpose() * p * o.a / (o.r + o.b.transpose() * p * o.b).value();
        p = o.q + o.a.transpose() * p * (o.a - o.b * k);
    }
    return k;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace gradiva;
    const auto options = example::read_options(
        argc, argv, "A linear quadratic regulator by the analytic policy gradient", {.steps = 1'000'000, .envs = 64});
    return example::run([&] {
        const LinearQuadratic mass = example::mass_on_a_line();
        check_derivatives(mass);
        TimeLimit limited(mass, 100);
        Vectorized envs(limited, {.count = options.envs, .seed = options.seed});
        Actor actor(envs, Mlp{.hidden = {}});
        AnalyticPolicyGradient trainer(
            envs, actor, {.horizon = 100, .gamma = 1, .learning_rate = Linear{0.1, 0}, .threads = options.threads});
        auto json_log = example::train(trainer, options, limited);
        example::save(options, actor);
        const Matrix<double> best = riccati(mass.options());
        const auto learned = -as_vector(actor.weights().first(2));
        fmt::print("learned K = [{:.4f} {:.4f}], Riccati K = [{:.4f} {:.4f}]\n", learned[0], learned[1], best(0, 0),
                   best(0, 1));
        example::print_result(options, evaluate(actor, limited, {.episodes = 100, .seed = options.seed}), json_log);
    });
}
