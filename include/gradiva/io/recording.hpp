#pragma once

#include "gradiva/core/namespace.hpp"

#include <string>
#include <vector>

#include "gradiva/core/index.hpp"
#include "gradiva/env/canvas.hpp"

namespace GRADIVA_NAMESPACE {

/// What an environment drew after so many steps of an episode.
struct RecordedFrame {
    Canvas canvas = {};
    Index step = 0;         ///< 0: after the reset
    double reward_sum = 0;  ///< of the steps so far
};

/// An episode as pictures: the first is that of the reset, the last that of the last step.
struct RecordedEpisode {
    std::vector<RecordedFrame> frames = {};
    double reward_sum = 0;    ///< the undiscounted return
    Index length = 0;         ///< steps
    bool terminated = false;  ///< false: truncated
};

/// Episodes that were played and drawn. `record_episodes` makes it; `write_svg`, `write_html_player` and
/// `TerminalPlayer` show it.
struct Recording {
    std::string name = {};           ///< of what is shown, in UTF-8, such as "CartPole"
    double seconds_per_step = 0.04;  ///< at which it is shown; above 0
    std::vector<RecordedEpisode> episodes = {};
};

}  // namespace GRADIVA_NAMESPACE
