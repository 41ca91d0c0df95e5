#pragma once

#include "gradiva/core/index.hpp"
#include "gradiva/train/progress.hpp"

namespace GRADIVA_NAMESPACE {

/// The report of a `Learner`'s last update, and what became of all actions so far: `acted` is the sum of the five
/// counts after it. `steps` are those of all updates, as `learned`; `total_steps` is `LearnerOptions::schedule_steps`,
/// or the largest number where there are none. An episode is reported where its last step was learned from.
struct LearnerProgress : Progress {
    Index acted = 0;       ///< actions given to agents, or taken
    Index learned = 0;     ///< samples of complete updates
    Index learning = 0;    ///< samples of the update that is under way
    Index dropped = 0;     ///< would have been samples: steps without an end or a next observation where a rollout
                           ///< closed or their agent left, and samples of an update that threw
    Index unrecorded = 0;  ///< never to be learned from: of agents beyond the streams or whose column was full, and
                           ///< during an update
    Index open = 0;        ///< of the rollout that is being collected, complete or not
};

}  // namespace GRADIVA_NAMESPACE
