#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/core.h>

#include "gradiva/core/state.hpp"
#include "gradiva/core/type_name.hpp"

namespace GRADIVA_NAMESPACE {

/// A schedule of one value: value(progress) = value.
struct Constant {
    double value = 0;
    double operator()(double) const { return value; }
};

/// A linear schedule: value(progress) = from + (to - from) progress.
struct Linear {
    double from = 0;
    double to = 0;
    double operator()(double progress) const { return from + (to - from) * progress; }
};

/// Cosine annealing: value(progress) = to + (from - to) (1 + cos(pi progress)) / 2. Source: Loshchilov and Hutter,
/// "SGDR", 2017, equation (5).
struct Cosine {
    double from = 0;
    double to = 0;
    double operator()(double progress) const {
        return to + (from - to) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
    }
};

/// A coefficient as a function of the progress of training: 0 at the start of a `train` call, rising to 1 at its end,
/// or over several calls (see `TrainOptions::schedule_steps`). A number converts to a constant schedule.
class Schedule {
public:
    Schedule(double value) : Schedule(Constant{value}) {}
    Schedule(Constant shape) : shape_(Shape::constant), from_(shape.value), to_(shape.value) {}
    Schedule(Linear shape) : shape_(Shape::linear), from_(shape.from), to_(shape.to) {}
    Schedule(Cosine shape) : shape_(Shape::cosine), from_(shape.from), to_(shape.to) {}

    /// The value at `progress`, which is clamped to [0, 1].
    double operator()(double progress) const {
        const double clamped = std::clamp(progress, 0.0, 1.0);
        switch (shape_) {
            case Shape::linear: return Linear{from_, to_}(clamped);
            case Shape::cosine: return Cosine{from_, to_}(clamped);
            case Shape::constant: break;
        }
        return from_;
    }

    /// The smallest value; all shapes are monotone, so that it is at one of the ends.
    double smallest() const { return std::min((*this)(0), (*this)(1)); }
    /// Whether all values are the same.
    bool is_constant() const { return from_ == to_; }
    /// Whether all values are finite.
    bool is_finite() const { return std::isfinite((*this)(0)) && std::isfinite((*this)(1)); }

    /// Described as one value: a number where it is constant, else a text such as "linear from 0.0003 to 0".
    void visit_state(State& state) {
        if (state.describes()) return describe(state);
        state("shape", shape_);
        state("from", from_);
        state("to", to_);
        if (from_ != to_) state.note_varying_schedule();
    }

private:
    enum class Shape { constant, linear, cosine };

    void describe(State& state) const {
        if (shape_ == Shape::constant) return state.describe_as(from_);
        state.describe_as(fmt::format("{} from {} to {}", enumerator_name(shape_), from_, to_));
    }

    Shape shape_;
    double from_;
    double to_;
};

}  // namespace GRADIVA_NAMESPACE
