#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <string>

#include <fmt/core.h>

#include "gradiva/callbacks/doctor_rules.hpp"
#include "gradiva/core/state.hpp"

namespace GRADIVA_NAMESPACE {

/// That a rule of a `Doctor` begins to be broken, or is so no longer.
struct Finding {
    const DoctorRule* rule = nullptr;
    bool begins = true;
    Index iteration = 0;
    double steps = 0;  ///< of all environments together
    double share = 0;  ///< of all steps
    double value = 0;  ///< mean over the window

    /// One line, without its end.
    std::string text() const {
        const std::string where = fmt::format("iteration {} ({:.0f} % of the steps)", iteration, share * 100);
        const std::string seen = fmt::format("{} is {:.3g}", rule->quantity, value);
        if (!begins) return fmt::format("{}: {} has ended: {}", where, rule->name, seen);
        return fmt::format("{}: {} {}: {}, {} {:.3g}. Likely: {}. Try: {}. (docs/troubleshooting.md#{})", where,
                           rule->severity == Severity::fault ? "fault" : "hint", rule->name, seen,
                           rule->above ? "above" : "below", rule->threshold, rule->cause, rule->remedy, rule->name);
    }
};

/// Judges a training by `doctor_rules`, iteration by iteration; the same for one that runs and for a finished log.
/// The window of the last 10 % of the steps, and of at least 20 iterations, consists of 20 blocks of equal numbers of
/// steps, of one iteration or more; rules are judged where a block ends. A finding ends when its rule was not broken
/// for five blocks. Memory is constant.
class DoctorJudge {
public:
    static constexpr std::size_t rule_count = std::size(doctor_rules);
    static constexpr std::size_t blocks = 20;

    DoctorJudge() { best_.fill(std::numeric_limits<double>::quiet_NaN()); }

    /// Takes what is known of the training, and the steps that it will have in all.
    void expect(const RunFacts& facts, double total_steps) {
        facts_ = facts;
        total_steps_ = std::max(total_steps, total_steps_);
    }

    /// Takes the report of the next iteration, after which `steps` of all were done; calls `found(const Finding&)`.
    template <class Found>
    void add(const Progress& progress, const PolicyMeasures& measures, double steps, const Found& found) {
        follow(progress);
        const DoctorView view{progress, measures, facts_, history_};
        for (std::size_t r = 0; r < rule_count; ++r) {
            const double value = doctor_rules[r].value(view);
            if (!std::isfinite(value)) continue;
            sum_[r * blocks + block_] += value;
            count_[r * blocks + block_] += 1;
            judged_[r] = 1;
        }
        add_gradient(progress.update.gradient_norm);
        if (steps - block_begin_ < total_steps_ / (10 * static_cast<double>(blocks))) return;
        block_begin_ = steps;
        best_[block_] = history_.best_return;
        ++ended_;
        if (ended_ == static_cast<Index>(blocks) && gradients_ > 0)
            history_.early_gradient = gradient_sum_ / gradients_;
        if (ended_ >= static_cast<Index>(blocks)) judge(progress, steps, found);
        block_ = (block_ + 1) % blocks;
        oldest_best_ = best_[block_];
        for (std::size_t r = 0; r < rule_count; ++r) sum_[r * blocks + block_] = count_[r * blocks + block_] = 0;
    }

    /// Whether the rule at this position had a number in any iteration.
    bool judged(std::size_t rule) const { return judged_[rule] > 0; }
    /// Whether a finding of the rule has begun and not ended.
    bool holds(std::size_t rule) const { return holds_[rule] > 0; }
    /// Whether there was a whole window.
    bool has_window() const { return ended_ >= static_cast<Index>(blocks); }

    void visit_state(State& state) {
        state("sums", sum_);
        state("counts", count_);
        state("best_of_blocks", best_);
        state("judged", judged_);
        state("holds", holds_);
        state("unbroken", unbroken_);
        state("total_steps", total_steps_);
        state("block_begin", block_begin_);
        state("ended_blocks", ended_);
        state("oldest_best", oldest_best_);
        state("gradient_sum", gradient_sum_);
        state("gradients", gradients_);
        state("best_return", history_.best_return);
        state("worst_return", history_.worst_return);
        state("first_return", history_.first_return);
        state("return_varies", history_.return_varies);
        state("first_entropy", history_.first_entropy);
        state("early_gradient", history_.early_gradient);
        require(ended_ >= 0, "Doctor: {} blocks have ended; that is at least 0", ended_);
        block_ = static_cast<std::size_t>(ended_) % blocks;
    }

private:
    void follow(const Progress& progress) {
        const double mean = progress.mean_return;
        if (std::isnan(history_.first_entropy)) history_.first_entropy = progress.update.entropy;
        if (!std::isfinite(mean)) return;
        if (std::isnan(history_.first_return)) history_.first_return = mean;
        // Logs have nine digits, and a mean of equal numbers may round.
        if (std::abs(mean - history_.first_return) > 1e-6 * std::max(1e-3, std::abs(mean))) history_.return_varies = 1;
        if (progress.lifetime_episodes < 20) return;
        history_.best_return = std::fmax(history_.best_return, mean);
        history_.worst_return = std::fmin(history_.worst_return, mean);
    }

    void add_gradient(double norm) {
        if (has_window() || !(norm > 0) || !std::isfinite(norm)) return;
        gradient_sum_ += std::log(norm);
        gradients_ += 1;
    }

    /// The mean over the window; NaN where fewer than half of its blocks have a number.
    double mean_of(std::size_t rule) const {
        double sum = 0, count = 0;
        std::size_t present = 0;
        for (std::size_t b = 0; b < blocks; ++b) {
            sum += sum_[rule * blocks + b];
            count += count_[rule * blocks + b];
            if (count_[rule * blocks + b] > 0) ++present;
        }
        return present * 2 >= blocks ? sum / count : std::numeric_limits<double>::quiet_NaN();
    }

    bool is_stalled(double mean_return) const {
        const double best = history_.best_return, least = 0.02 * (best - history_.worst_return);
        return best - oldest_best_ < least && best - mean_return > least;
    }

    bool is_open(const DoctorRule& rule, bool stalled, double share, bool held) const {
        if ((rule.gates & gate_stalled) != 0 && !stalled) return false;
        if ((rule.gates & gate_updates) != 0 && !(facts_.updates > 1)) return false;
        if ((rule.gates & gate_early) != 0 && share > 0.25 && !held) return false;
        if ((rule.gates & gate_fifth) != 0 && share < 0.2) return false;
        return (rule.gates & gate_not_last) == 0 || share <= 0.8;
    }

    template <class Found>
    void judge(const Progress& progress, double steps, const Found& found) {
        const double share = std::min(1.0, steps / total_steps_);
        const bool stalled = is_stalled(progress.mean_return);
        for (std::size_t r = 0; r < rule_count; ++r) {
            const DoctorRule& rule = doctor_rules[r];
            const double mean = mean_of(r);
            const bool beyond = rule.above ? mean > rule.threshold : mean < rule.threshold;
            const bool broken = beyond && is_open(rule, stalled, share, holds(r));
            unbroken_[r] = broken ? 0 : unbroken_[r] + 1;
            const bool begins = broken && !holds(r), ends = holds(r) && unbroken_[r] >= blocks_to_end;
            if (!begins && !ends) continue;
            holds_[r] = begins ? 1 : 0;
            found(Finding{&rule, begins, progress.iteration, steps, share, mean});
        }
    }

    static constexpr double blocks_to_end = 5;

    RunFacts facts_ = {};
    RunHistory history_ = {};
    double total_steps_ = 0;
    std::array<double, rule_count * blocks> sum_{}, count_{};
    std::array<double, blocks> best_{};  // mean returns up to the end of each block
    std::array<double, rule_count> judged_{}, holds_{}, unbroken_{};
    std::size_t block_ = 0;
    Index ended_ = 0;  // blocks
    double block_begin_ = 0;
    double oldest_best_ = std::numeric_limits<double>::quiet_NaN();  // at the end of the block before the window
    double gradient_sum_ = 0, gradients_ = 0;                        // of logarithms, in the first window
};

}  // namespace GRADIVA_NAMESPACE
