#include "gradiva/train/train_loop.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "algorithms/by_hand.hpp"
#include "algorithms/every_trainer.hpp"
#include "catch.hpp"
#include "gradiva/callbacks/csv_log.hpp"
#include "gradiva/callbacks/progress_bar.hpp"
#include "helpers/largest.hpp"
#include "helpers/temporary_path.hpp"
#include "learn/recording_optimizer.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr Index iterations = 8;
constexpr Index total = iterations * iteration_steps;

/// What a training left and reported.
struct Trail {
    std::vector<float> weights;
    std::vector<std::string> reports;  ///< all fields that do not count within a call of `train` or tell the time
};

std::string report_of(const Progress& progress) {
    std::string line;
    for (const auto& [name, number] : numbers_of(progress)) {
        const std::set<std::string> own{"steps", "total_steps", "seconds", "steps_per_second", "episodes"};
        if (own.count(name) == 0) line += fmt::format("{}={} ", name, number);
    }
    return line;
}

/// Eight iterations: in one call, or in calls of `chunk` steps whose schedules run over `schedule_steps`.
Trail trained(const std::string& name, const Schedules& schedules, Index chunk, Index schedule_steps) {
    Trail trail;
    with_trainer(name, schedules, [&](auto& trainer, const auto& weights) {
        while (trail.reports.size() < iterations) {
            trainer.train({.steps = chunk, .schedule_steps = schedule_steps}, [&](const Progress& progress) {
                trail.reports.push_back(report_of(progress));
                return trail.reports.size() < iterations;
            });
        }
        trail.weights = weights();
    });
    return trail;
}

struct Case {
    std::string trainer;
    std::string field;
};

const std::vector<Case> every_schedule = {
    {"PpoClip", "learning_rate"},
    {"PpoClip", "entropy"},
    {"PpoClip", "clip"},
    {"PpoClip", "value_clip"},
    {"PpoKl", "learning_rate"},
    {"PpoKl", "entropy"},
    {"PpoKl", "value_clip"},
    {"A2c", "learning_rate"},
    {"A2c", "entropy"},
    {"Trpo", "learning_rate"},
    {"Reinforce", "learning_rate"},
    {"Reinforce", "entropy"},
    {"Reinforce without critic", "learning_rate"},
    {"Reinforce without critic", "entropy"},
    {"OffPolicy", "learning_rate"},
    {"OffPolicy", "entropy"},
    {"QLambda", "learning_rate"},
    {"QLambda", "epsilon"},
    {"AnalyticPolicyGradient", "learning_rate"},
};

Schedules with(const std::string& field) {
    Schedules s;
    if (field == "learning_rate") s.learning_rate = Linear{1e-2, 0};
    if (field == "entropy") s.entropy = Linear{0.5, 0};
    if (field == "clip") s = {.learning_rate = 3e-2, .clip = Linear{0.2, 1e-3}};
    if (field == "value_clip") s = {.learning_rate = 3e-2, .value_clip = Linear{0.2, 1e-3}};
    if (field == "epsilon") s.epsilon = Cosine{1, 0.05};
    return s;
}

/// Steps that an optimiser takes, but for one that leaves finite numbers.
struct BreaksDownOnce {
    int at = 0;
    std::shared_ptr<int> steps = std::make_shared<int>(0);
    void step(std::span<float> weights, std::span<const float>, double) {
        if (++*steps == at) weights[0] = std::numeric_limits<float>::infinity();
    }
};

/// The weights after some steps of a trainer, whose reports go to `callback`.
std::vector<float> weights_after(const std::string& name, Index steps, const Schedules& schedules,
                                 const Variation& variation, const std::function<void(const Progress&)>& callback) {
    std::vector<float> after;
    with_trainer(
        name, schedules,
        [&](auto& trainer, const auto& weights) {
            trainer.train({.steps = steps}, callback);
            after = weights();
        },
        variation);
    return after;
}

/// Where a training writes its log and its progress bar.
struct TrainOutput {
    ~TrainOutput() { std::filesystem::remove(csv_path); }

    std::vector<std::string> csv_lines() const {
        std::ifstream file(csv_path);
        std::vector<std::string> lines;
        for (std::string line; std::getline(file, line);) lines.push_back(line);
        return lines;
    }
    std::string bar_text() const {
        std::string text;
        std::rewind(bar.get());
        for (int c = std::fgetc(bar.get()); c != EOF; c = std::fgetc(bar.get())) text += static_cast<char>(c);
        return text;
    }

    std::string csv_path = temporary_path("train_loop.csv");
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> bar{std::tmpfile(), std::fclose};
};

/// The lines of a log of these reports.
std::vector<std::string> csv_lines_of(const std::vector<Progress>& reports) {
    std::vector<std::string> lines(1 + reports.size());
    for (std::size_t i = 0; i < reports.size(); ++i) {
        for (const LogColumn& column : log_columns) {
            const char* const comma = lines[1 + i].empty() ? "" : ",";
            const double number = column.value(reports[i]);
            if (i == 0) lines[0] += fmt::format("{}{}", comma, column.name());
            lines[1 + i] += comma + (std::isnan(number) ? "" : fmt::format("{:.9g}", number));
        }
    }
    return lines;
}

}  // namespace

TEST_CASE("four calls along one schedule give the bits of one call, for every trainer and schedule") {
    for (const auto& [trainer, field] : every_schedule) {
        INFO(trainer << ", " << field);
        // Reinforce's iterations are of random lengths: calls of one iteration each.
        const bool whole_episodes = trainer.starts_with("Reinforce");
        const Index steps = whole_episodes ? 3 * total : total, chunk = whole_episodes ? 1 : total / 4;
        const Trail one = trained(trainer, with(field), steps, 0);
        const Trail four = trained(trainer, with(field), chunk, steps);
        CHECK((one.weights == four.weights));
        CHECK(one.reports == four.reports);
        const Trail sawtooth = trained(trainer, with(field), chunk, 0);
        CHECK((one.weights != sawtooth.weights));
    }
}

TEST_CASE("the table of schedules names every trainer") {
    for (const std::string& name : trainer_names) {
        CHECK(std::any_of(every_schedule.begin(), every_schedule.end(),
                          [&](const Case& c) { return c.trainer == name; }));
    }
}

TEST_CASE("a schedule that has ended keeps its last value in later calls") {
    with_trainer("PpoClip", {.learning_rate = Linear{1, 0.5}}, [](auto& trainer, const auto&) {
        std::vector<double> rates;
        const auto record = [&](const Progress& progress) { rates.push_back(progress.update.learning_rate); };
        const Index two = 2 * iteration_steps;
        trainer.train({.steps = two, .schedule_steps = two}, record);
        CHECK(trainer.train({.steps = two, .schedule_steps = two}, record).schedule_progress == 1);
        CHECK(rates == std::vector<double>{1, 0.75, 0.5, 0.5});
        rates.clear();
        trainer.train({.steps = two, .schedule_steps = 4 * two},
                      record);  // the life of the trainer counts, not the call
        CHECK(rates == std::vector<double>{0.75, 0.6875});
        rates.clear();
        trainer.train({.steps = two}, record);
        CHECK(rates == std::vector<double>{1, 0.75});
    });
}

TEST_CASE("schedule_progress is the position in schedules for the next iteration") {
    with_trainer("A2c", {}, [](auto& trainer, const auto&) {
        std::vector<double> seen;
        const auto record = [&](const Progress& progress) { seen.push_back(progress.schedule_progress); };
        trainer.train({.steps = 4 * iteration_steps}, record);
        CHECK(seen == std::vector<double>{0.25, 0.5, 0.75, 1});
        trainer.train({.steps = 2 * iteration_steps, .schedule_steps = 8 * iteration_steps}, record);
        CHECK(seen == std::vector<double>{0.25, 0.5, 0.75, 1, 0.625, 0.75});
        trainer.train({.steps = 1}, record);  // rounded up to 80
        CHECK(seen.back() == 1);
    });
}

TEST_CASE("negative schedule_steps are refused and change nothing") {
    for (const std::string& name : trainer_names) {
        with_trainer(name, {.epsilon = 0.25}, [&](auto& trainer, const auto& weights) {
            const auto before = weights();
            const std::string who = name.starts_with("Reinforce") ? "Reinforce" : name;
            CHECK_THROWS_WITH(trainer.train({.steps = 100, .schedule_steps = -1}),
                              who +
                                  ": schedule_steps is -1; give the steps that schedules run over, or 0 for those of "
                                  "this call");
            CHECK((weights() == before));
            if constexpr (requires { trainer.actor().distribution().epsilon(); }) {
                const double epsilon = trainer.actor().distribution().epsilon();
                CHECK_THROWS_AS(trainer.train({.steps = 0}), Error);
                CHECK(trainer.actor().distribution().epsilon() == epsilon);
            }
            CHECK(trainer.train({.steps = 1}).iteration == 1);
        });
    }
}

TEST_CASE("steps of a failed iteration do not advance schedules") {
    const TrainOptions options{.steps = 1000, .schedule_steps = 320};
    const auto rates_of = [&](auto& trainer) {
        std::vector<double> rates;
        for (int call = 0; call < 2; ++call) {
            try {
                trainer.train(options, [&](const Progress& progress) {
                    rates.push_back(progress.update.learning_rate);
                    return rates.size() < 4;
                });
            } catch (const std::exception&) {
                CHECK(rates.size() == 2);  // in its third iteration
            }
        }
        return rates;
    };
    const std::vector<double> right = {1, 0.9, 0.8, 0.7};
    SECTION("in collecting") {
        Vectorized envs(one_faulty(Fault::thrown, 5, 10), {.count = 8});
        Actor actor(envs, Mlp{.hidden = {4}});
        Critic critic(envs, Mlp{.hidden = {4}});
        A2c trainer(envs, actor, critic, Gae{}, {.horizon = 4, .learning_rate = Linear{1, 0}}, RecordingOptimizer{});
        CHECK(rates_of(trainer) == right);
    }
    SECTION("in the update") {
        Vectorized envs(Wanderer{}, {.count = 8});
        Actor actor(envs, Mlp{.hidden = {4}});
        Critic critic(envs, Mlp{.hidden = {4}});
        A2c trainer(envs, actor, critic, Gae{}, {.horizon = 4, .learning_rate = Linear{1, 0}}, BreaksDownOnce{5});
        CHECK(rates_of(trainer) == right);
    }
    SECTION("in the update of the analytic gradient") {
        Vectorized envs(Pendulum{}, {.count = 8});
        Actor actor(envs, Mlp{.hidden = {4}});
        AnalyticPolicyGradient trainer(envs, actor, {.horizon = 4, .learning_rate = Linear{1, 0}}, BreaksDownOnce{3});
        CHECK(rates_of(trainer) == right);
    }
    SECTION("in a callback, after the iteration") {
        Vectorized envs(Wanderer{}, {.count = 8});
        Actor actor(envs, Mlp{.hidden = {4}});
        Critic critic(envs, Mlp{.hidden = {4}});
        A2c trainer(envs, actor, critic, Gae{}, {.horizon = 4, .learning_rate = Linear{1, 0}}, RecordingOptimizer{});
        CHECK_THROWS_AS(trainer.train(options, [](const Progress&) { throw Breakdown("of the callback"); }), Breakdown);
        CHECK(trainer.train(options, [](const Progress&) { return false; }).update.learning_rate == 0.9);
    }
}

TEST_CASE("every trainer counts its episodes over all calls of train") {
    for (const std::string& name : trainer_names) {
        INFO(name);
        with_trainer(name, {}, [](auto& trainer, const auto&) {
            const Progress first = trainer.train({.steps = 4 * iteration_steps});
            CHECK(first.episodes > 0);
            CHECK(first.lifetime_episodes == first.episodes);
            const Progress second = trainer.train({.steps = 4 * iteration_steps});
            CHECK(second.episodes > 0);
            CHECK(second.episodes < second.lifetime_episodes);
            CHECK(second.lifetime_episodes == first.episodes + second.episodes);
        });
    }
}

TEST_CASE("every trainer reports the numbers that it has, and a log's cells of the others are empty") {
    const std::map<std::string, std::vector<std::string>> absent = {
        {"PpoClip",
         {"mean_kl", "kl_coefficient", "step_fraction", "rejected_steps", "effective_sample_size", "behaviour_kl",
          "left_out"}},
        {"PpoKl",
         {"clip_fraction", "step_fraction", "rejected_steps", "effective_sample_size", "behaviour_kl", "left_out"}},
        {"A2c",
         {"mean_kl", "kl_coefficient", "clip_fraction", "step_fraction", "rejected_steps", "effective_sample_size",
          "behaviour_kl", "left_out"}},
        {"Trpo",
         {"approximate_kl", "kl_coefficient", "clip_fraction", "effective_sample_size", "behaviour_kl", "left_out"}},
        {"Reinforce",
         {"mean_kl", "kl_coefficient", "clip_fraction", "step_fraction", "rejected_steps", "effective_sample_size",
          "behaviour_kl", "left_out"}},
        {"Reinforce without critic",
         {"value_loss", "explained_variance", "mean_kl", "kl_coefficient", "clip_fraction", "step_fraction",
          "rejected_steps", "effective_sample_size", "behaviour_kl", "left_out"}},
        {"OffPolicy", {"mean_kl", "kl_coefficient", "clip_fraction", "step_fraction", "rejected_steps"}},
        {"QLambda",
         {"surrogate_loss", "entropy", "approximate_kl", "mean_kl", "kl_coefficient", "clip_fraction", "step_fraction",
          "rejected_steps", "effective_sample_size", "behaviour_kl", "left_out"}},
        {"AnalyticPolicyGradient",
         {"value_loss", "explained_variance", "approximate_kl", "mean_kl", "kl_coefficient", "clip_fraction",
          "step_fraction", "rejected_steps", "effective_sample_size", "behaviour_kl", "left_out"}},
    };
    for (const std::string& name : trainer_names) {
        REQUIRE(absent.count(name) == 1);
        with_trainer(name, {}, [&](auto& trainer, const auto&) {
            Index reports = 0;
            trainer.train({.steps = 4 * iteration_steps}, [&](const Progress& progress) {
                ++reports;
                std::vector<std::string> missing;
                for (const LogColumn& column : log_columns) {
                    const std::string field = column.name();
                    if (field == "mean_return" || field == "mean_length") continue;
                    if (std::isnan(column.value(progress))) missing.push_back(field);
                }
                INFO(name);
                CHECK(missing == absent.at(name));
            });
            CHECK(reports > 0);
        });
    }
}

TEST_CASE("every trainer equals its components called by hand, and callback, log and progress bar report all of it") {
    const Schedules schedules{.learning_rate = Linear{1e-2, 1e-3}, .value_clip = 0.3};
    for (const std::string& name : trainer_names) {
        INFO(name);
        const Index steps = 3 * iteration_steps;
        const ByHand expected = by_hand(name, schedules, steps);
        CHECK(expected.reports.size() >= 2);
        std::vector<Progress> reports;
        TrainOutput output;
        CsvLog log(output.csv_path);
        ProgressBar bar(output.bar.get(), false);
        const auto weights = weights_after(name, steps, schedules, {}, [&](const Progress& progress) {
            reports.push_back(progress);
            log(progress);
            bar(progress);
        });
        CHECK((weights == expected.weights));
        REQUIRE(reports.size() == expected.reports.size());
        for (std::size_t i = 0; i < reports.size(); ++i) {
            CHECK(reports[i].seconds > 0);
            CHECK(reports[i].steps_per_second == static_cast<double>(reports[i].steps) / reports[i].seconds);
            for (const auto& [field, number] : numbers_of(reports[i])) {
                if (field == "seconds" || field == "steps_per_second") continue;
                CAPTURE(i, field, number, expected.reports[i].at(field));
                CHECK((number == expected.reports[i].at(field) ||
                       (std::isnan(number) && std::isnan(expected.reports[i].at(field)))));
            }
        }
        CHECK(output.csv_lines() == csv_lines_of(reports));
        CHECK(output.bar_text().ends_with(fmt::format("{} 100 % {} steps, {:.0f} steps/s, return {:.1f}, 0.0 s left\n",
                                                      reports.back().algorithm, reports.back().steps,
                                                      reports.back().steps_per_second, reports.back().mean_return)));
    }
}

TEST_CASE(
    "with a silent critic and normalised advantages the unit of rewards changes no weight, with every trainer that "
    "normalises") {
    struct Trained {
        std::vector<float> before, after;
        Numbers report;
    };
    const auto train = [](const std::string& name, double unit) {
        Trained trained;
        const Variation variation{.reward_unit = unit,
                                  .normalize_advantage = true,
                                  .value_coefficient = 0,
                                  .change_first_weights = [&](auto actor, auto critic) {
                                      std::fill(critic.begin(), critic.end(), 0.0F);
                                      trained.before.assign(actor.begin(), actor.end());
                                      trained.before.insert(trained.before.end(), critic.begin(), critic.end());
                                  }};
        // Trpo's learning rate is that of its critic.
        trained.after =
            weights_after(name, 4 * iteration_steps, {.learning_rate = name == "Trpo" ? 0.0 : 1e-2}, variation,
                          [&](const Progress& progress) { trained.report = numbers_of(progress); });
        return trained;
    };
    for (const std::string& name : trainer_names) {
        if (name == "QLambda" || name == "AnalyticPolicyGradient") continue;  // they normalise nothing
        INFO(name);
        // Beside deviations of 1e9 and more, what is added to them is nothing.
        const Trained one = train(name, 0x1p+30), other = train(name, 0x1p+50);
        CHECK((one.after != one.before));
        CHECK((one.after == other.after));
        for (const auto& [field, number] : one.report) {
            if (field == "seconds" || field == "steps_per_second") continue;
            CAPTURE(field, number, other.report.at(field));
            const double unit = field == "mean_return" ? 0x1p+20 : field == "value_loss" ? 0x1p+40 : 1;
            CHECK((other.report.at(field) == unit * number ||
                   (std::isnan(number) && std::isnan(other.report.at(field)))));
        }
    }
}

TEST_CASE("observation elements that are always 0 change nothing, and their weights are not learned") {
    constexpr Index blanks = 2, units = 4;
    constexpr std::size_t read = 3 * units, unread = blanks * units;  // weights of the first layer, by column
    const auto with_unread = [](std::vector<float> weights) {
        if (!weights.empty()) weights.insert(weights.begin() + read, unread, 0.75F);
        return weights;
    };
    for (const std::string& name : trainer_names) {
        if (name == "AnalyticPolicyGradient") continue;
        INFO(name);
        std::vector<float> actor, critic;
        Numbers report, report_with_blanks;
        const auto learned = weights_after(name, 4 * iteration_steps, {.learning_rate = 1e-2},
                                           {.change_first_weights =
                                                [&](auto of_actor, auto of_critic) {
                                                    actor.assign(of_actor.begin(), of_actor.end());
                                                    critic.assign(of_critic.begin(), of_critic.end());
                                                }},
                                           [&](const Progress& progress) { report = numbers_of(progress); });
        const auto with_blanks =
            weights_after(name, 4 * iteration_steps, {.learning_rate = 1e-2},
                          {.blanks = blanks,
                           .change_first_weights =
                               [&](auto of_actor, auto of_critic) {
                                   actor = with_unread(actor);
                                   critic = with_unread(critic);
                                   REQUIRE(of_actor.size() == actor.size());
                                   std::copy(actor.begin(), actor.end(), of_actor.begin());
                                   std::copy(critic.begin(), critic.end(), of_critic.begin());
                               }},
                          [&](const Progress& progress) { report_with_blanks = numbers_of(progress); });
        const auto actor_size = static_cast<std::ptrdiff_t>(actor.size() - unread);
        std::vector<float> expected = with_unread({learned.begin(), learned.begin() + actor_size});
        const std::vector<float> rest = with_unread({learned.begin() + actor_size, learned.end()});
        expected.insert(expected.end(), rest.begin(), rest.end());
        REQUIRE(with_blanks.size() == expected.size());
        CHECK(std::equal(expected.begin() + read, expected.begin() + read + unread, with_blanks.begin() + read));
        double worst = 0, moved = 0;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            worst = largest_of(worst, std::abs(static_cast<double>(with_blanks[i] - expected[i])));
            if (i < actor.size()) moved = largest_of(moved, std::abs(static_cast<double>(actor[i] - expected[i])));
        }
        CHECK(moved > 0.01);
        CHECK(worst < 1e-4 * moved);
        for (const auto& [field, number] : report) {
            if (field == "seconds" || field == "steps_per_second") continue;
            CAPTURE(field);
            CHECK(std::isnan(report_with_blanks.at(field)) == std::isnan(number));
            if (std::isnan(number)) continue;
            CHECK(report_with_blanks.at(field) == Catch::Approx(number).epsilon(1e-3).margin(1e-6));
        }
    }
}
