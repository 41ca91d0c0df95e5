#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "gradiva/core/buffer.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/vector_env.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Storage for what a step of N environments writes, with a guard column before the first and after the last. Before
/// some of the environments are stepped, their columns are filled with invalid values, which show what was not written,
/// and all others with guard values, which show what was overwritten.
class StepFrame {
public:
    StepFrame(Index observation_size, Index mask_size, Index metric_count, Index environments)
        : observation_(observation_size, environments + 2 * margin), final_observation_(observation_),
          final_mask_(mask_size, environments + 2 * margin), metrics_(metric_count, environments + 2 * margin),
          reward_(to_size(environments + 2 * margin)), terminated_(reward_.size()), truncated_(reward_.size()) {}

    void blank(Range part) {
        constexpr double nan = std::numeric_limits<double>::quiet_NaN();
        for (auto* numbers : {&observation_, &final_observation_}) {
            fill(numbers->data(), numbers->rows(), part, guard, static_cast<float>(nan));
        }
        fill(final_mask_.data(), final_mask_.rows(), part, guard_of_bytes, unwritten_mask);
        fill(metrics_.data(), metrics_.rows(), part, double{guard}, nan);
        fill(reward_.data(), 1, part, double{guard}, nan);
        for (auto* flags : {&terminated_, &truncated_}) fill(flags->data(), 1, part, guard_of_bytes, unwritten_mask);
    }

    StepView view(Range part) {
        const std::size_t begin = to_size(part.begin + margin), size = to_size(part.size());
        return {observations(part),
                final_observation_.columns(in_frame(part)),
                std::span(reward_).subspan(begin, size),
                std::span(terminated_).subspan(begin, size),
                std::span(truncated_).subspan(begin, size),
                final_mask_.columns(in_frame(part)),
                metrics_.columns(in_frame(part))};
    }
    MatrixMap<float> observations(Range part) { return observation_.columns(in_frame(part)); }

    /// Whether a step of the part has written to its own columns only.
    bool others_are_left_alone(Range part) const {
        return is_left_alone(observation_.data(), observation_.rows(), part, guard) &&
               is_left_alone(final_observation_.data(), final_observation_.rows(), part, guard) &&
               is_left_alone(final_mask_.data(), final_mask_.rows(), part, guard_of_bytes) &&
               is_left_alone(metrics_.data(), metrics_.rows(), part, double{guard}) &&
               is_left_alone(reward_.data(), 1, part, double{guard}) &&
               is_left_alone(terminated_.data(), 1, part, guard_of_bytes) &&
               is_left_alone(truncated_.data(), 1, part, guard_of_bytes);
    }

    std::span<const float> observation(Index n) const { return observation_.column(n + margin); }
    std::span<const float> final_observation(Index n) const { return final_observation_.column(n + margin); }
    ActionMask final_mask(Index n) const { return final_mask_.columns(in_frame({n, n + 1})); }
    std::span<const double> metrics(Index n) const { return metrics_.column(n + margin); }
    double reward(Index n) const { return reward_[to_size(n + margin)]; }
    unsigned terminated(Index n) const { return terminated_[to_size(n + margin)]; }
    unsigned truncated(Index n) const { return truncated_[to_size(n + margin)]; }

private:
    static constexpr Index margin = 1;
    static constexpr float guard = -1.2345e30F;
    static constexpr std::uint8_t guard_of_bytes = 77;

    static Range in_frame(Range part) { return {part.begin + margin, part.end + margin}; }
    Index columns() const { return observation_.cols(); }

    template <class T>
    void fill(T* data, Index rows, Range part, T others, T own) const {
        std::fill_n(data, rows * columns(), others);
        std::fill_n(data + (part.begin + margin) * rows, rows * part.size(), own);
    }

    template <class T>
    bool is_left_alone(const T* data, Index rows, Range part, T others) const {
        const auto is_others = [&](Index begin, Index end) {
            for (Index i = begin * rows; i < end * rows; ++i) {
                if (!(data[i] == others)) return false;
            }
            return true;
        };
        return is_others(0, part.begin + margin) && is_others(part.end + margin, columns());
    }

    MatrixBuffer<float> observation_, final_observation_;
    MatrixBuffer<std::uint8_t> final_mask_;
    MatrixBuffer<double> metrics_;
    std::vector<double> reward_;
    std::vector<std::uint8_t> terminated_, truncated_;
};

}  // namespace GRADIVA_NAMESPACE::detail
