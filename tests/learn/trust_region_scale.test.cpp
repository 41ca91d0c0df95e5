// A step of the trust region does not depend on the scale of the advantages.
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "gradiva/distributions/beta.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/learn/trust_region.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/collect.hpp"
#include "helpers/largest.hpp"

using namespace gradiva;

namespace {

/// Shows three random numbers at every step and never ends.
template <class Space>
struct Noise {
    Space space;
    Box observation_space() const { return {.size = 3}; }
    Space action_space() const { return space; }
    void reset(Rng& rng, std::span<float> observation) {
        for (float& x : observation) x = static_cast<float>(rng.uniform(-1, 1));
    }
    Outcome step(typename ActionOfSpace<Space>::Type, Rng& rng, std::span<float> observation) {
        reset(rng, observation);
        return {};
    }
};

/// One update of a policy with this distribution on one and the same rollout, whose advantages are multiplied.
template <class D>
struct Update {
    using Scalar = typename D::Scalar;
    std::vector<double> weights, before;
    UpdateReport report;
    double deviation = 0;  // of the advantages

    template <class Space>
    Update(const Space& space, const D& distribution, double scale, bool normalize) {
        Vectorized envs(Noise<Space>{space}, {.count = 5, .seed = 3});
        Threads threads;
        Actor actor(MlpNetwork<Scalar>(3, distribution.head_size(), {.hidden = {6, 5}}, Rng(1)), distribution);
        Rng rng(17);
        for (Scalar& w : actor.weights()) w = static_cast<Scalar>(0.6 * rng.normal());
        Collector collect(envs, actor, threads);
        Rollout<Scalar> rollout(envs, actor);
        collect.steps(rollout, 60);
        for (Index t = 0; t < rollout.horizon; ++t) {
            for (Index n = 0; n < rollout.environments; ++n) {
                rollout.advantage(n, t) = static_cast<Scalar>(scale * static_cast<float>(rng.normal() + 0.3));
            }
        }
        deviation = kernels::moments<Scalar>(ConstVectorMap<Scalar>(rollout.advantage.data(), 300)).sample_deviation();
        before.assign(actor.weights().begin(), actor.weights().end());
        report = TrustRegion(actor, {.normalize_advantage = normalize}, threads)(rollout);
        weights.assign(actor.weights().begin(), actor.weights().end());
    }
};

/// With advantages times 2^-100 to 2^100; in double far beyond.
template <class D, class Space>
void check_scales(const char* name, const Space& space, const D& distribution) {
    using Scalar = typename D::Scalar;
    for (const bool normalize : {false, true}) {
        const Update<D> expected(space, distribution, 1, normalize);
        REQUIRE(expected.report.step_fraction > 0);
        std::vector<int> powers = {-100, -70, -40, -33, -20, -12, -1, 3, 11, 20, 60, 100};
        if (sizeof(Scalar) == 8) powers.insert(powers.end(), {-900, -600, -300, 300, 600, 900});
        for (const int power : powers) {
            CAPTURE(name, sizeof(Scalar), normalize, power);
            const Update<D> update(space, distribution, std::ldexp(1.0, power), normalize);
            REQUIRE(update.report.step_fraction == expected.report.step_fraction);
            REQUIRE(update.weights != update.before);
            double difference = 0;
            for (std::size_t i = 0; i < update.weights.size(); ++i) {
                difference = gradiva_test::largest_of(difference, std::abs(update.weights[i] - expected.weights[i]));
            }
            REQUIRE(difference < 1e-5);
            // The report is in the advantages' own unit; normalised, one of them, but for the 1e-8 beside the
            // deviation.
            const double deviation = std::ldexp(expected.deviation, power);
            const double unit =
                normalize ? deviation / (deviation + 1e-8) * (1 + 1e-8 / expected.deviation) : std::ldexp(1.0, power);
            REQUIRE(update.report.gradient_norm / unit == Catch::Approx(expected.report.gradient_norm).epsilon(1e-6));
            REQUIRE(update.report.surrogate_loss / unit == Catch::Approx(expected.report.surrogate_loss).epsilon(1e-6));
            REQUIRE(update.report.mean_kl == Catch::Approx(expected.report.mean_kl));
        }
        const Update<D> none(space, distribution, 0, normalize);
        CHECK(none.weights == none.before);
        CHECK(none.report.step_fraction == 0);
        CHECK(none.report.rejected_steps == 0);
        CHECK(none.report.gradient_norm == 0);
    }
}

}  // namespace

TEMPLATE_TEST_CASE("the step of a trust region does not depend on the scale of the advantages", "", float, double) {
    const Box box{.size = 2, .low = {-1, -2}, .high = {1, 2}};
    check_scales("Categorical", Discrete{.n = 3}, Categorical<TestType>(3));
    check_scales("DiagonalGaussian", box, DiagonalGaussian<TestType>(2));
    check_scales("StateDependentGaussian", box, StateDependentGaussian<TestType>(2));
    check_scales("Beta", box, Beta<TestType>(box));
}
