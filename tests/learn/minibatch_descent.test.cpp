#include "gradiva/learn/minibatch_descent.hpp"

#include <numeric>
#include <set>

#include "catch.hpp"
#include "gradiva/optim/sgd.hpp"
#include "rollout/blank_rollout.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

struct Nothing {
    struct {
    } tape;
};

struct OneWeight {
    using Scalar = double;
    double weight = 0;
    std::span<double> weights() { return {&weight, 1}; }
};

/// The weight becomes the mean of the targets of the last minibatch: L = 0.5 (w - G)^2 and a learning rate of 1.
using Part = DescentPart<OneWeight, Nothing, double, Sgd<double>>;
using Pass = MinibatchPass<double>;

/// Samples whose value targets are 0, 1, 2, ...
Rollout<double> numbered(Index count) {
    auto rollout = blank_rollout<double>(1, count);
    std::iota(rollout.value_target.data(), rollout.value_target.data() + count, 0.0);
    return rollout;
}

/// Descends on a rollout with one weight, whose value is 0 first, and looks at what it was before each sample.
struct Run {
    Run(Index samples, const UpdateOptions& options, Index thread_count = 1, std::uint64_t seed = 1)
        : rollout(numbered(samples)), threads(thread_count),
          descend(options, threads, Rng(seed), Part(owner, {}, "test")) {}

    UpdateReport operator()(double progress = 0) {
        return descend(rollout, progress, [this](Part::Shard& shard, const Pass& pass) { add(shard, pass); });
    }

    void add(Part::Shard& shard, const Pass& pass) {
        shard.batch.gather_for_critic(pass.samples);
        const double share = 1 / static_cast<double>(pass.minibatch);
        for (const double target : shard.batch.value_target) {
            if (threads.count() == 1) targets.push_back(target);
            shard.sums += 0.5 * (weight - target) * (weight - target);
            shard.gradient[0] += share * (weight - target);
        }
        if (throws) throw std::runtime_error("a network's error");
    }

    Rollout<double> rollout;
    Threads threads;
    OneWeight owner;
    MinibatchDescent<Part> descend;
    double& weight = owner.weight;
    bool throws = false;
    std::vector<double> targets;  // in the order in which they came
};

std::vector<double> part_of(const std::vector<double>& all, std::size_t begin, std::size_t end) {
    return {all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end)};
}

double mean(const std::vector<double>& x) {
    return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

}  // namespace

TEST_CASE("minibatchDescent visits every sample once in each epoch, in another random order") {
    constexpr std::size_t samples = 40, epochs = 4;
    Run run(samples, {.minibatch = 16, .epochs = epochs});
    run();
    REQUIRE(run.targets.size() == samples * epochs);
    std::set<std::vector<double>> orders;
    std::vector<double> in_time(samples);
    std::iota(in_time.begin(), in_time.end(), 0.0);
    orders.insert(in_time);
    for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
        auto order = part_of(run.targets, epoch * samples, (epoch + 1) * samples);
        orders.insert(order);
        std::sort(order.begin(), order.end());
        CHECK(order == in_time);
    }
    CHECK(orders.size() == epochs + 1);
    run();  // the next rollout in yet other orders
    orders.insert(part_of(run.targets, samples * epochs, samples * (epochs + 1)));
    CHECK(orders.size() == epochs + 2);
    Run other(samples, {.minibatch = 16, .epochs = 1}, 1, 2);
    other();
    CHECK(orders.count(other.targets) == 0);
}

TEST_CASE("each minibatch gives a step along its mean gradient, the last smaller one too") {
    Run run(40, {.minibatch = 16, .epochs = 2, .learning_rate = 1, .max_gradient_norm = 0});
    const UpdateReport report = run();
    const std::size_t ends[] = {0, 16, 32, 40, 56, 72, 80};
    double before = 0, loss = 0, norms = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        const auto targets = part_of(run.targets, ends[i], ends[i + 1]);
        if (i == 3) loss = norms = 0;  // the report is of the last epoch
        for (const double target : targets) loss += 0.5 * (before - target) * (before - target);
        norms += std::abs(before - mean(targets));
        before = mean(targets);
    }
    CHECK(run.weight == Catch::Approx(before));
    CHECK(report.value_loss == Catch::Approx(loss / 40));
    CHECK(report.gradient_norm == Catch::Approx(norms / 3));
    CHECK(std::isnan(report.surrogate_loss));
}

TEST_CASE("minibatchDescent applies a minibatch of all samples, the scheduled learning rate and the largest norm") {
    UpdateOptions options{.minibatch = all_samples, .epochs = 1, .learning_rate = Linear{1, 0}, .max_gradient_norm = 0};
    {
        Run run(300, options);  // several shards
        const UpdateReport report = run(0.75);
        CHECK(report.learning_rate == 0.25);
        CHECK(report.gradient_norm == Catch::Approx(149.5));
        CHECK(run.weight == Catch::Approx(0.25 * 149.5));
    }
    options.max_gradient_norm = 2;
    Run run(300, options);
    CHECK(run(0.75).gradient_norm == Catch::Approx(149.5));
    CHECK(run.weight == Catch::Approx(0.25 * 2));
}

TEST_CASE("minibatchDescent has the same bits with 1, 2 and 4 threads", "[threads]") {
    const auto after = [](Index threads) {
        Run run(900, {.minibatch = 700, .epochs = 3, .learning_rate = 0.1}, threads);
        run();
        return run.weight;
    };
    CHECK(after(1) > 0);
    CHECK(after(2) == after(1));
    CHECK(after(4) == after(1));
}

TEST_CASE("a failed MinibatchDescent restores weights and the order of samples") {
    const UpdateOptions options{.minibatch = 16, .epochs = 2, .learning_rate = 0.5, .max_gradient_norm = 0};
    Run run(40, options), fresh(40, options);
    const double target = run.rollout.value_target(0, 7);
    run.rollout.value_target(0, 7) = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(run(), ContainsText("update: the test's gradient is not finite"));
    CHECK(run.weight == 0);
    run.rollout.value_target(0, 7) = target;
    run.throws = true;
    CHECK_THROWS_WITH(run(), "a network's error");
    run.throws = false;
    CHECK(run.weight == 0);
    run.targets.clear();
    run();
    fresh();
    CHECK(run.targets == fresh.targets);
    CHECK(run.weight == fresh.weight);
}

TEST_CASE("two parts are stepped separately, clipped by their joint norm, and both restored when one fails",
          "[threads]") {
    for (const Index thread_count : {1, 2}) {
        for (const double max_norm : {0.0, 5.0}) {
            CAPTURE(thread_count, max_norm);
            const auto rollout = numbered(300);  // whose mean is 149.5
            Threads threads(thread_count);
            OneWeight first, second;
            MinibatchDescent<Part, Part> descend(
                {.minibatch = all_samples, .epochs = 2, .learning_rate = 1, .max_gradient_norm = max_norm}, threads,
                Rng(1), Part(first, {}, "first"), Part(second, {}, "second"));
            bool throws = false;
            const auto towards = [&](double target, const OneWeight& owner) {
                return [&, target](Part::Shard& shard, const Pass& pass) {
                    const double samples = static_cast<double>(pass.samples.size());
                    shard.gradient[0] += samples * (owner.weight - target) / static_cast<double>(pass.minibatch);
                    shard.sums += samples;
                    if (throws && owner.weight != 0) throw std::runtime_error("in the second step");
                };
            };
            const auto update = [&] { return descend(rollout, 0, towards(30, first), towards(40, second)); };
            throws = true;
            CHECK_THROWS_WITH(update(), "in the second step");
            CHECK(first.weight == 0);
            CHECK(second.weight == 0);
            throws = false;
            const UpdateReport report = update();
            if (max_norm == 0) {
                CHECK(first.weight == Catch::Approx(30));
                CHECK(second.weight == Catch::Approx(40));
                CHECK(report.gradient_norm == Catch::Approx(0).margin(1e-12));
            } else {  // two steps of length 5 along (3, 4) / 5
                CHECK(first.weight == Catch::Approx(6));
                CHECK(second.weight == Catch::Approx(8));
                CHECK(report.gradient_norm == Catch::Approx(45));
            }
            CHECK(report.value_loss == Catch::Approx(2));  // each part has one for each sample
        }
    }
}

TEST_CASE("minibatchDescent refuses a weight that is not finite after a finite gradient") {
    Run run(40, {.minibatch = all_samples, .epochs = 1, .learning_rate = 1e307, .max_gradient_norm = 0});
    CHECK_THROWS_WITH(run(), ContainsText("update: the test's weights are not finite"));
    CHECK(run.weight == 0);
}
