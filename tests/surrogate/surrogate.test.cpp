// Properties of every surrogate: how loss and derivative depend on permutations, scales and precision.
#include "gradiva/surrogate/surrogate.hpp"

#include <functional>
#include <string>

#include "catch.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/surrogate/clip.hpp"
#include "gradiva/surrogate/kl_penalty.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/surrogate/surrogate_sum.hpp"

using namespace gradiva;

namespace {

constexpr Index samples = 37;  // registers and a rest

struct Samples {
    Vector<double> log_prob, old_log_prob, advantage;
};

struct Result {
    double loss = 0;
    Index clipped = 0;
    Vector<double> derivative;
};

/// A surrogate on samples, in float or in double.
using Evaluate = std::function<Result(const Samples&)>;

template <class Scalar, class S>
Evaluate evaluate(const S& surrogate) {
    return [surrogate](const Samples& x) {
        const Vector<Scalar> log_prob = x.log_prob.cast<Scalar>(), old = x.old_log_prob.cast<Scalar>(),
                             advantage = x.advantage.cast<Scalar>();
        Vector<Scalar> derivative(log_prob.size());
        const SurrogateSum sum = surrogate_sum<Scalar>(surrogate, log_prob, old, advantage, derivative);
        return Result{sum.loss, sum.clipped, derivative.template cast<double>()};
    };
}

void for_each_surrogate(
    const std::function<void(const std::string&, const Evaluate& in_float, const Evaluate& in_double)>& call) {
    const auto visit = [&](const char* name, const auto& surrogate) {
        INFO(name);
        call(name, evaluate<float>(surrogate), evaluate<double>(surrogate));
    };
    visit("PolicyGradient", PolicyGradient{});
    visit("Clip", Clip{.clip = 0.2});
    visit("KlPenalty", KlPenalty{.target = 0.01});
}

/// Log-probs that floats hold, ratios of about 0.4 to 2.5, advantages of both signs.
Samples random_samples() {
    Rng rng(1);
    const auto draw = [&](double deviation) {
        Vector<double> x(samples);
        for (double& x_i : x) x_i = static_cast<double>(static_cast<float>(deviation * rng.normal()));
        return x;
    };
    Samples x{draw(1), draw(0.4), draw(1)};
    x.old_log_prob += x.log_prob;
    return x;
}

}  // namespace

TEST_CASE("with a ratio of 1 every surrogate's derivative is minus the advantage, and none clips") {
    Samples x = random_samples();
    x.old_log_prob = x.log_prob;
    for_each_surrogate([&](const std::string&, const Evaluate& in_float, const Evaluate& in_double) {
        for (const Evaluate& of : {in_float, in_double}) {
            CHECK((of(x).derivative + x.advantage).norm() < 1e-6);
            CHECK(of(x).clipped == 0);
        }
    });
}

TEST_CASE("scaling advantages by a power of two scales every surrogate's loss and derivative exactly") {
    const Samples x = random_samples();
    for (const double unit : {0x1p-9, 0x1p+9}) {
        Samples scaled = x;
        scaled.advantage *= unit;
        for_each_surrogate([&](const std::string&, const Evaluate& in_float, const Evaluate& in_double) {
            for (const Evaluate& of : {in_float, in_double}) {
                CHECK(of(scaled).loss == unit * of(x).loss);
                CHECK(of(scaled).derivative == unit * of(x).derivative);
                CHECK(of(scaled).clipped == of(x).clipped);
            }
        });
    }
}

TEST_CASE("permuted or duplicated samples give every surrogate the same result for each sample") {
    const Samples x = random_samples();
    const Samples turned{x.log_prob.reverse(), x.old_log_prob.reverse(), x.advantage.reverse()};
    Samples twice{Vector<double>(2 * samples), Vector<double>(2 * samples), Vector<double>(2 * samples)};
    twice.log_prob << x.log_prob, turned.log_prob;
    twice.old_log_prob << x.old_log_prob, turned.old_log_prob;
    twice.advantage << x.advantage, turned.advantage;
    for_each_surrogate([&](const std::string& name, const Evaluate& in_float, const Evaluate& in_double) {
        for (const Evaluate& of : {in_float, in_double}) {
            const Result once = of(x), reversed = of(turned), both = of(twice);
            CHECK(reversed.loss == Catch::Approx(once.loss).epsilon(1e-6));
            CHECK(both.loss == Catch::Approx(2 * once.loss).epsilon(1e-6));
            CHECK((reversed.derivative.reverse() - once.derivative).norm() < 1e-6);
            CHECK((both.derivative.head(samples) - once.derivative).norm() < 1e-6);
            CHECK((both.derivative.tail(samples).reverse() - once.derivative).norm() < 1e-6);
            CHECK(reversed.clipped == once.clipped);
            CHECK(both.clipped == 2 * once.clipped);
            CHECK((once.clipped > 5) == (name == "Clip"));
        }
    });
}

TEST_CASE("every surrogate gives in float what it gives in double") {
    const Samples x = random_samples();
    for_each_surrogate([&](const std::string&, const Evaluate& in_float, const Evaluate& in_double) {
        CHECK(in_float(x).loss == Catch::Approx(in_double(x).loss).epsilon(1e-6));
        CHECK((in_float(x).derivative - in_double(x).derivative).norm() < 1e-5);
        CHECK(in_float(x).clipped == in_double(x).clipped);
    });
}

TEST_CASE("a batch of any size gives the results of its single samples, and their sums") {
    Rng rng(2);
    for (const Index size : {0, 1, 255, 256, 257, 600}) {
        CAPTURE(size);
        Samples x{Vector<double>(size), Vector<double>(size), Vector<double>(size)};
        for (Vector<double>* each : {&x.log_prob, &x.old_log_prob, &x.advantage}) {
            for (double& number : *each) number = 0.4 * rng.normal();
        }
        for_each_surrogate([&](const std::string&, const Evaluate& in_float, const Evaluate& in_double) {
            for (const Evaluate& of : {in_float, in_double}) {
                const Result whole = of(x);
                double loss = 0;
                Index clipped = 0;
                for (Index i = 0; i < size; ++i) {
                    const Result alone =
                        of({x.log_prob.segment(i, 1), x.old_log_prob.segment(i, 1), x.advantage.segment(i, 1)});
                    loss += alone.loss;
                    clipped += alone.clipped;
                    REQUIRE(whole.derivative[i] == alone.derivative[0]);
                }
                CHECK(whole.loss == Catch::Approx(loss).epsilon(1e-12).margin(1e-12));
                CHECK(whole.clipped == clipped);
            }
        });
    }
}
