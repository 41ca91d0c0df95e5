#pragma once

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "gradiva/callbacks/doctor_judge.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/terminal.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Callback of `train` that judges the training by `doctor_rules` while it runs: a line when a finding begins, what is
/// seen, the likeliest cause and what to try, and a line when it ends. What no log has is measured on 128 samples of
/// every tenth rollout, the first included (`PolicyMeasures`). It changes nothing in the training. An iteration of
/// `train` allocates no memory but for findings. With a `Learner`, which needs `schedule_steps` for it, what rules need
/// of options is not known: those are not judged. Use one object per training.
class Doctor {
public:
    static constexpr bool describes_run = true;

    /// Writes to `out`, which it does not close; null: nowhere.
    explicit Doctor(std::FILE* out = stderr) : out_(out) {}

    void on_start(const Run& run) {
        const Index steps = std::max(run.options().steps, run.options().schedule_steps);
        require(steps < std::numeric_limits<Index>::max(),
                "Doctor: the steps of this training are not known, of which its windows are shares; give a Learner "
                "schedule_steps");
        steps_before_ = run.lifetime_steps() - run.progress().steps;  // of a resumed call both are restored
        judge_.expect(RunFacts::of(run.description()), static_cast<double>(steps_before_ + steps));
        probe_.reset();
    }

    template <class Trainer>
    void operator()(const Progress& progress, const Trainer& trainer) {
        PolicyMeasures measures;
        if constexpr (requires {
                          trainer.rollout().head;
                          trainer.actor().own_parameters();
                      }) {
            if (progress.iteration % 10 == 1) measures = measure(trainer.rollout(), trainer.actor());
        }
        last_measures_ = measures;
        judge_.add(progress, measures, static_cast<double>(steps_before_ + progress.steps),
                   [&](const Finding& finding) { add(finding); });
    }

    /// Beginnings and ends, in their order.
    const std::vector<Finding>& findings() const { return findings_; }
    /// Of the last iteration; all are NaN where it was not measured.
    const PolicyMeasures& measures() const { return last_measures_; }

    static constexpr std::string_view state_name = "doctor";
    /// The findings themselves are not saved, only what has begun.
    void visit_state(State& state) { judge_.visit_state(state); }

private:
    template <class R, class A>
    PolicyMeasures measure(const R& rollout, const A& actor) {
        using Probe = detail::PolicyProbe<A>;
        if (probe_ == nullptr) probe_ = std::make_shared<Probe>();
        return (*static_cast<Probe*>(probe_.get()))(rollout, actor);
    }

    void add(const Finding& finding) {
        findings_.push_back(finding);
        if (out_ == nullptr) return;
        fmt::print(out_, "{}doctor: {}\n", clears_line_ ? "\r\x1b[2K" : "", finding.text());
        std::fflush(out_);
    }

    std::FILE* out_;
    bool clears_line_ = out_ != nullptr && terminal_of(out_).moves_cursor;
    DoctorJudge judge_;
    Index steps_before_ = 0;
    PolicyMeasures last_measures_ = {};
    std::vector<Finding> findings_;
    std::shared_ptr<void> probe_;  // of the trainer's type of actor
};

}  // namespace GRADIVA_NAMESPACE
