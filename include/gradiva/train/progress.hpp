#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/learn/update_report.hpp"
#include "gradiva/train/metric_means.hpp"

namespace GRADIVA_NAMESPACE {

/// The report of an iteration, as callbacks get it. A number that an algorithm does not have, or that the iteration did
/// not compute, is NaN. To add a number, add a field here and a line to log_columns.hpp.
struct Progress {
    static constexpr double none = UpdateReport::none;

    std::string_view algorithm = {};     ///< name of the trainer
    Index iteration = 0;                 ///< since the trainer was built, from 1
    Index steps = 0;                     ///< of all environments together, in this call of `train`
    Index total_steps = 0;               ///< `TrainOptions::steps` of this call
    double schedule_progress = 0;        ///< position in schedules for the next iteration, from 0 to 1
    double seconds = 0;                  ///< in this call of `train`
    double steps_per_second = 0;         ///< steps / seconds
    Index episodes = 0;                  ///< that ended in this call of `train`
    Index lifetime_episodes = episodes;  ///< that ended since the trainer was built
    double mean_return = none;           ///< undiscounted return, mean of the last 100 episodes that ended in training
    double mean_length = none;           ///< steps, mean of the same episodes
    double explained_variance = none;    ///< fraction of the value targets' variance that the critic explains
    UpdateReport update = {};            ///< of the last update of the iteration
    MetricMeans metrics = {};            ///< the environments' metrics, means of the same episodes as the mean return

    bool finished() const { return steps >= total_steps; }
};

/// The mean of the last 100 values; NaN without any.
class RecentMean {
public:
    void add(double value) {
        values_[static_cast<std::size_t>(count_ % capacity)] = value;
        ++count_;
    }

    double mean() const {
        const Index present = count_ < capacity ? count_ : capacity;
        double sum = 0;
        for (Index i = 0; i < present; ++i) sum += values_[static_cast<std::size_t>(i)];
        return present > 0 ? sum / static_cast<double>(present) : std::numeric_limits<double>::quiet_NaN();
    }

    void visit_state(State& state) {
        state("values", values_);
        state("count", count_);
        require(count_ >= 0, "a mean is of {} values; it has at least 0", count_);
    }

private:
    static constexpr Index capacity = 100;
    std::array<double, capacity> values_{};
    Index count_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
