#pragma once

#include "gradiva/core/namespace.hpp"

#include <string>
#include <string_view>

#include "gradiva/io/recorded_run.hpp"
#include "gradiva/train/evaluate.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What a report shows of an evaluation.
inline RecordedEvaluation recorded_evaluation(const Evaluation& evaluation) {
    RecordedEvaluation recorded{
        .mean_return = evaluation.mean_return, .std_return = evaluation.std_return, .episodes = evaluation.episodes};
    for (const std::string_view name : evaluation.metrics.names())
        recorded.metrics.push_back({std::string(name), evaluation.metrics[name]});
    return recorded;
}

}  // namespace GRADIVA_NAMESPACE::detail
