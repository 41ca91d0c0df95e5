// A table of the options of a trainer: a row for each field, with another value and with what that has to change.
#pragma once

#include <array>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "algorithms/trail.hpp"
#include "catch.hpp"
#include "helpers/field_count.hpp"

namespace gradiva_test {

/// Checks what became of a training with one option changed, beside the one before.
using Effect = std::function<void(const Trail& before, const Trail& after)>;

template <class Options>
struct OptionRow {
    std::string field;
    std::function<void(Options&)> change;
    Effect effect;
    bool other_weights = true;  ///< whether another policy, or another critic, comes of it
};

/// `GRADIVA_OPTION(field, value, effect)`: a row by the field's name.
#define GRADIVA_OPTION(field, value, ...)                                              \
    {                                                                                  \
        std::string(#field), [](auto& options) { options.field = value; }, __VA_ARGS__ \
    }

// Effects.

/// The gradient of the first step of a network with so many weights; the actor's comes first.
inline std::vector<double> first_gradient(const Trail& trail, std::size_t weights) {
    for (const auto& gradient : trail.steps.gradients) {
        if (gradient.size() == weights) return gradient;
    }
    return {};
}
inline std::vector<double> actor_gradient(const Trail& trail) { return first_gradient(trail, trail.actor.size()); }
inline std::vector<double> critic_gradient(const Trail& trail) { return first_gradient(trail, trail.critic.size()); }

inline double norm_of_all(const std::vector<double>& x) {
    double sum = 0;
    for (const double v : x) sum += v * v;
    return std::sqrt(sum);
}

/// The policy learns something else from the first rollout, the critic the same.
inline void actor_alone(const Trail& before, const Trail& after) {
    CHECK((after.actor != before.actor));
    CHECK((after.critic == before.critic));
}
/// The reverse.
inline void critic_alone(const Trail& before, const Trail& after) {
    CHECK((after.actor == before.actor));
    CHECK((after.critic != before.critic));
}

inline void more_entropy(const Trail& before, const Trail& after) {
    actor_alone(before, after);
    CHECK(after.reports.back().update.entropy > before.reports.back().update.entropy + 0.01);
}

/// Rewards change what the critic is to learn, and not what is reported of them.
inline void other_targets(const Trail& before, const Trail& after) {
    CHECK((after.value_target.empty() || after.value_target != before.value_target));
    CHECK((after.steps.gradients.front() != before.steps.gradients.front()));
    CHECK(after.reports.front().episodes == before.reports.front().episodes);
    CHECK(after.reports.front().mean_return == before.reports.front().mean_return);
}

/// The critic's gradient is so many times as large, the actor's the same.
inline Effect critic_gradient_times(double factor) {
    return [=](const Trail& before, const Trail& after) {
        CHECK((actor_gradient(after) == actor_gradient(before)));
        const auto old = critic_gradient(before), now = critic_gradient(after);
        REQUIRE(old.size() == now.size());
        for (std::size_t i = 0; i < old.size(); ++i) CHECK(now[i] == Catch::Approx(factor * old[i]).epsilon(1e-5));
    };
}

inline Effect reports_rate(double rate) {
    return [=](const Trail&, const Trail& after) {
        CHECK(after.reports.back().update.learning_rate == rate);
        for (const double used : after.steps.learning_rates) CHECK(used == rate);
    };
}

/// Steps of all environments in each iteration.
inline Effect collects(Index steps) {
    return [=](const Trail&, const Trail& after) {
        CHECK(after.reports[0].steps == steps);
        CHECK(after.reports[1].steps == 2 * steps);
    };
}

/// Steps that optimisers take in the first iteration.
inline Effect takes_steps(std::size_t steps) {
    return [=](const Trail& before, const Trail& after) {
        CHECK(before.first_steps != steps);
        CHECK(after.first_steps == steps);
    };
}

/// Of actor and critic together, where both learn. All norms were larger.
inline Effect limits_norm(double most, bool joint = true) {
    return [=](const Trail&, const Trail& after) {
        const std::size_t together = joint ? 2 : 1;
        const auto& gradients = after.steps.gradients;
        REQUIRE(gradients.size() % together == 0);
        for (std::size_t i = 0; i < gradients.size(); i += together) {
            const double norm = std::hypot(norm_of_all(gradients[i]), joint ? norm_of_all(gradients[i + 1]) : 0);
            CHECK(norm == Catch::Approx(most).epsilon(1e-4));
        }
        for (const gradiva::Progress& report : after.reports) {
            if (!std::isnan(report.update.learning_rate))
                CHECK(report.update.gradient_norm > most);  // where anything was learned
        }
    };
}

/// The same of a trainer that learns from a whole rollout at once, of whatever size: actor and critic step once.
inline Effect collects_for_one_step(Index steps) {
    return [=](const Trail& before, const Trail& after) {
        collects(steps)(before, after);
        CHECK(after.first_steps == 2);
    };
}

/// So many threads run while the trainer lives.
inline Effect runs_threads(Index least) {
    return [=](const Trail& before, const Trail& after) {
        CHECK(after.threads >= least);
        CHECK(before.threads < after.threads);
    };
}

/// What beta is multiplied with after each update.
inline Effect multiplies_beta(double factor) {
    return [=](const Trail&, const Trail& after) {
        for (std::size_t i = 1; i < after.reports.size(); ++i) {
            CHECK(after.reports[i].update.kl_coefficient == factor * after.reports[i - 1].update.kl_coefficient);
        }
    };
}

/// What an option of networks with memory changes where there are none.
inline void without_memory_nothing(const Trail& before, const Trail& after) { CHECK(after.weights == before.weights); }

// Rows.

/// Of the trainers that learn actor and critic by one loss. Nothing is to be clipped before.
template <class Options>
std::array<OptionRow<Options>, 7> actor_critic_rows() {
    return {{
        GRADIVA_OPTION(learning_rate, 0.125, reports_rate(0.125)),
        GRADIVA_OPTION(entropy, 30.0, more_entropy),
        GRADIVA_OPTION(value_coefficient, 2.0, critic_gradient_times(4)),
        GRADIVA_OPTION(max_gradient_norm, 1e-3, limits_norm(1e-3)),
        GRADIVA_OPTION(normalize_rewards, true, other_targets),
        GRADIVA_OPTION(sequence, 3, without_memory_nothing, false),
        GRADIVA_OPTION(threads, 8, runs_threads(8), false),
    }};
}

/// Whether a value of a path with this field's name, or the end of it, such as "epochs" of "critic_epochs", differs.
inline bool describes_change(const std::string& field, const Trail& before, const Trail& after) {
    const auto is_named = [&](std::string path) {
        for (std::size_t end = path.size(); end != std::string::npos; end = path.rfind('/')) {
            path.resize(end);
            if (field.ends_with(path.substr(path.rfind('/') + 1))) return true;  // npos + 1 is 0
        }
        return false;
    };
    for (const auto& [path, value] : after.description->entries) {
        const gradiva::DescriptionValue* const old = before.description->find(path);
        if (is_named(path) && (old == nullptr || *old != value)) return true;
    }
    return false;
}

/// Runs `train(options)` once with `base` and once for each row, of the trainer's own and of those that it shares with
/// others. That the trainings differ shows that the option was not lost, the row's effect that it reached what it is
/// for. Each option of a trainer is in its description.
template <class Options, std::size_t own, class Train, std::size_t shared = 0>
void check_every_option(const Options& base, const OptionRow<Options> (&own_rows)[own], const Train& train,
                        const std::array<OptionRow<Options>, shared>& shared_rows = {}) {
    static_assert(own + shared == field_count<Options>(), "every option needs a row that says what it has to change");
    const Trail before = train(base);
    for (const char* path : {"algorithm", "environment", "environments/count", "environments/seed"}) {
        if (before.description) CHECK(before.description->find(path) != nullptr);
    }
    std::set<std::string> fields;
    const auto check = [&](const OptionRow<Options>& row) {
        CAPTURE(row.field);
        CHECK(fields.insert(row.field).second);
        Options changed = base;
        row.change(changed);
        const Trail after = train(changed);
        CHECK((after.weights != before.weights) == row.other_weights);
        row.effect(before, after);
        if (!before.description) return;
        // No result depends on threads: they are not what a training is.
        CHECK(describes_change(row.field, before, after) == (row.field != "threads"));
        CHECK((after.description == before.description) == (row.field == "threads"));
    };
    for (const auto& row : own_rows) check(row);
    for (const auto& row : shared_rows) check(row);
}

}  // namespace gradiva_test
