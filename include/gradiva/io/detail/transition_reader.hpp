#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/env/action_access.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/controller.hpp"
#include "gradiva/rollout/rollout.hpp"

// Reading recorded transitions; io/recorded_rollout.hpp says what a file holds.

namespace gradiva {

namespace detail {

inline std::vector<std::string> transition_columns(Index observation_size, Index mask_size, ActionShape action) {
    std::vector<std::string> names{"environment", "step"};
    for (Index i = 0; i < observation_size; ++i) names.push_back(fmt::format("observation_{}", i));
    for (Index i = 0; i < mask_size; ++i) names.push_back(fmt::format("legal_{}", i));
    for (Index i = 0; i < action.integers + action.reals; ++i) names.push_back(fmt::format("action_{}", i));
    for (const char* name : {"log_prob", "reward", "terminated", "truncated"}) names.push_back(name);
    for (Index i = 0; i < observation_size; ++i) names.push_back(fmt::format("next_observation_{}", i));
    return names;
}

/// The first line of a file with these columns.
inline std::string transition_header(const std::vector<std::string>& columns) {
    std::string line;
    for (const std::string& name : columns) line += (line.empty() ? "" : ",") + name;
    return line;
}

inline std::vector<std::string_view> split_cells(std::string_view line) {
    std::vector<std::string_view> cells;
    for (std::size_t comma = 0; comma != line.npos;) {
        comma = line.find(',');
        cells.push_back(line.substr(0, comma));
        line.remove_prefix(comma == line.npos ? line.size() : comma + 1);
    }
    for (std::string_view& cell : cells) {
        const std::size_t first = std::min(cell.find_first_not_of(" \t"), cell.size());
        cell = cell.substr(first, cell.find_last_not_of(" \t") + 1 - first);
    }
    return cells;
}

/// An environment of which nothing is known but its spaces, and whether it has masks: what a rollout is shaped by.
template <class Space, bool masked>
struct SpacesOnly {
    Box observation;
    Space action;
    Box observation_space() const { return observation; }
    Space action_space() const { return action; }
    void reset(Rng&, std::span<float>) {}
    Outcome step(typename ActionOfSpace<Space>::Type, Rng&, std::span<float>) { return {}; }
    void action_mask(std::span<std::uint8_t>) const requires masked {}
};

/// From how many the k-th integer of an action chooses.
inline Index choices(const Discrete& space, Index) { return space.n; }
inline Index choices(const Box&, Index) { return 0; }
inline Index choices(const MultiDiscrete& space, Index k) { return space.n[static_cast<std::size_t>(k)]; }
inline Index choices(const MultiBinary&, Index) { return 2; }
inline Index choices(const HybridSpace& space, Index) { return space.choice.n; }

/// Reads one file of transitions; `masked` says that its environments have action masks.
template <class Space, bool masked>
class TransitionReader {
public:
    TransitionReader(const std::string& path, const Box& observation_space, const Space& action_space)
        : path_(path), observation_space_(observation_space), action_space_(action_space),
          observation_size_(observation_space.size), action_shape_(action_shape_of(action_space)),
          mask_size_(masked ? choices_of(action_space) : 0),
          columns_(transition_columns(observation_size_, mask_size_, action_shape_)) {
        check_observation_space("read_transitions", observation_space);
        check_action_space("read_transitions", action_space);
    }

    Rollout<float> read() {
        std::ifstream file(path_, std::ios::binary);
        require(file.is_open(), "read_transitions: cannot open '{}'; give a file that exists and may be read", path_);
        read_header(next_line(file));
        while (file.peek() != std::ifstream::traits_type::eof()) read_transition(next_line(file));
        require(!environments_.empty(), "read_transitions: '{}' holds no transition; record at least 1", path_);
        return rollout();
    }

private:
    /// A recorded transition, with what its columns of `observation_`, `action_` and `next_observation_` do not hold.
    struct Transition {
        Index line = 0;
        float log_prob = 0;
        float reward = 0;
        bool terminated = false;
        bool truncated = false;
        bool ends() const { return terminated || truncated; }
    };

    /// The transitions of one environment, in order of time.
    struct Recording {
        Index first_step = 0;
        std::vector<Index> transitions;
    };

    std::string next_line(std::ifstream& file) {
        ++line_;
        std::string text;
        std::getline(file, text);
        require(!file.bad(), "read_transitions: reading '{}' failed at line {}; is the disk in order?", path_, line_);
        require(!file.eof(),
                "read_transitions: '{}', line {}: the file ends in the middle of it, after '{}'; it was cut short: "
                "remove this line, or end it with a line break if it is whole",
                path_, line_, text);
        if (text.ends_with('\r')) text.pop_back();
        return text;
    }

    void read_header(const std::string& text) {
        const auto names = split_cells(text);
        for (std::size_t i = 0; i < std::max(names.size(), columns_.size()); ++i) {
            const std::string_view found = i < names.size() ? names[i] : "";
            const std::string_view wanted = i < columns_.size() ? std::string_view(columns_[i]) : "";
            require(found == wanted,
                    "read_transitions: '{}', line 1: column {} is '{}' where '{}' belongs; for observations of {} "
                    "numbers and these actions, name the columns {}",
                    path_, i + 1, found, wanted, observation_size_, transition_header(columns_));
        }
    }

    /// Throws `Error` about the cell unless the condition holds.
    template <class... Args>
    void require_cell(bool condition, Index column, fmt::format_string<Args...> text, Args&&... args) const {
        if (condition) return;
        fail("read_transitions: '{}', line {}, column {}: {} is '{}'; {}", path_, line_, column + 1, name(column),
             cell(column), fmt::format(text, std::forward<Args>(args)...));
    }

    std::string_view cell(Index column) const { return cells_[static_cast<std::size_t>(column)]; }
    const std::string& name(Index column) const { return columns_[static_cast<std::size_t>(column)]; }

    template <class Number>
    std::optional<Number> parse(Index column) const {
        const char* const end = cell(column).data() + cell(column).size();
        Number value{};
        const auto [stop, error] = std::from_chars(cell(column).data(), end, value);
        if (error != std::errc{} || stop != end) return std::nullopt;
        return value;
    }

    Index integer(Index column) const {
        const auto value = parse<Index>(column);
        require_cell(value.has_value(), column, "write a whole number");
        return *value;
    }

    float real(Index column) const {
        // Read as double, so that a number too small for a float is 0, not an error.
        const auto value = parse<double>(column);
        require_cell(value.has_value(), column, "write a number");
        const auto number = static_cast<float>(*value);
        require_cell(std::isfinite(number), column, "record finite numbers, in the range of a 32-bit float");
        return number;
    }

    bool flag(Index column) const {
        require_cell(cell(column) == "0" || cell(column) == "1", column, "write 0 or 1");
        return cell(column) == "1";
    }

    void read_transition(const std::string& text) {
        cells_ = split_cells(text);
        require(cells_.size() >= columns_.size(),
                "read_transitions: '{}', line {}: it has {} cells, so that column {}, {}, is missing; write all {}",
                path_, line_, cells_.size(), cells_.size() + 1, columns_[std::min(cells_.size(), columns_.size() - 1)],
                columns_.size());
        require(
            cells_.size() == columns_.size(),
            "read_transitions: '{}', line {}: it has {} cells, the first too many being '{}'; write the {} of line 1",
            path_, line_, cells_.size(), cells_[std::min(columns_.size(), cells_.size() - 1)], columns_.size());

        const auto k = static_cast<Index>(transitions_.size());
        observation_.resize(observation_size_, k + 1);
        next_observation_.resize(observation_size_, k + 1);
        mask_.resize(mask_size_, k + 1);
        action_.resize(action_shape_, k + 1);

        Recording& recording = recording_of_line();
        Index column = 2;
        for (float& x : observation_.column(k)) x = real(column++);
        if (!recording.transitions.empty()) check_continuity(recording.transitions.back(), k);
        for (std::uint8_t& legal : mask_.column(k)) legal = flag(column++) ? 1 : 0;
        column = read_action(k, column);
        const float log_prob = read_log_prob(column++);
        const float reward = real(column++);
        const bool terminated = flag(column++);
        const bool truncated = flag(column++);
        require_cell(!terminated || !truncated, column - 1,
                     "terminated is 1 too, but an episode that came to its end was not cut short: write 0");
        read_next_observation(k, column, terminated);
        transitions_.push_back({line_, log_prob, reward, terminated, truncated});
        recording.transitions.push_back(k);
    }

    Recording& recording_of_line() {
        const Index environment = integer(0);
        const auto known = static_cast<Index>(environments_.size());
        require_cell(environment >= 0 && environment <= known, 0,
                     "number environments from 0 in the order in which they first appear; the next new one is {}",
                     known);
        const Index step = integer(1);
        require_cell(step >= 0, 1, "count steps from 0");
        if (environment == known) environments_.push_back({.first_step = step, .transitions = {}});
        Recording& recording = environments_[static_cast<std::size_t>(environment)];
        const Index next = recording.first_step + static_cast<Index>(recording.transitions.size());
        require_cell(step == next, 1,
                     "the next step of environment {} is {}: leave none out, count on through the ends of episodes",
                     environment, next);
        return recording;
    }

    /// An episode goes on from where it was; the first observation of transition k follows transition `before`.
    void check_continuity(Index before, Index k) const {
        const Transition& previous = transitions_[static_cast<std::size_t>(before)];
        if (previous.ends()) return;
        for (Index i = 0; i < observation_size_; ++i) {
            require_cell(observation_(i, k) == next_observation_(i, before), 2 + i,
                         "line {}, the step before, ends no episode and has next_observation_{} = {}: write the same, "
                         "or mark that step as terminated or truncated",
                         previous.line, i, next_observation_(i, before));
        }
    }

    /// Returns the column after the action.
    Index read_action(Index k, Index column) {
        ActionView action = action_.columns({k, k + 1});
        Index first_legal = 0;
        for (Index i = 0; i < action_shape_.integers; ++i, ++column) {
            const Index choice = integer(column);
            const Index n = choices(action_space_, i);
            require_cell(choice >= 0 && choice < n, column, "the action space is {}: give a number from 0 to {}",
                         describe(action_space_), n - 1);
            require_cell(mask_size_ == 0 || mask_(first_legal + choice, k) == 1, column,
                         "legal_{} is 0: an illegal action cannot have been taken", first_legal + choice);
            first_legal += n;
            action.integers(i, 0) = static_cast<int>(choice);
        }
        for (Index i = 0; i < action_shape_.reals; ++i, ++column) action.reals(i, 0) = real(column);
        return column;
    }

    float read_log_prob(Index column) const {
        const auto value = parse<double>(column);
        require_cell(value != -std::numeric_limits<double>::infinity(), column,
                     "an action of probability 0 cannot have been chosen: record the finite log-probability with which "
                     "it was");
        const float log_prob = real(column);
        require_cell(action_shape_.reals > 0 || log_prob <= 1e-5F, column,
                     "no probability is above 1: record the logarithm of the probability, which is at most 0");
        return log_prob;
    }

    void read_next_observation(Index k, Index column, bool terminated) {
        bool empty = terminated;
        for (Index i = 0; i < observation_size_ && empty; ++i) empty = cell(column + i).empty();
        if (empty) {
            // Nothing learns from it: the observation stands in, as finite as any.
            for (Index i = 0; i < observation_size_; ++i) next_observation_(i, k) = observation_(i, k);
        } else {
            for (float& x : next_observation_.column(k)) x = real(column++);
        }
    }

    Rollout<float> rollout() const {
        const auto count = static_cast<Index>(environments_.size());
        const Vectorized envs(SpacesOnly<Space, masked>{observation_space_, action_space_}, {.count = count});
        Rollout<float> r(envs, Controller(envs, [](std::span<const float>, Rng&, ActionView&) { return 0.0; }));
        std::size_t horizon = 0;
        r.starts_anew = r.whole_episodes = true;
        for (const Recording& recording : environments_) {
            horizon = std::max(horizon, recording.transitions.size());
            const bool ends = transitions_[static_cast<std::size_t>(recording.transitions.back())].ends();
            r.starts_anew = r.starts_anew && recording.first_step == 0;
            r.whole_episodes = r.whole_episodes && r.starts_anew && ends;
        }
        r.resize(static_cast<Index>(horizon));
        r.mask.matrix().setOnes();  // what follows a last sample is not recorded: any action may be legal there
        Buffer<FinishedEpisode> running(count);
        for (Index t = 0; t < r.horizon; ++t) {
            for (Index n = 0; n < count; ++n) {
                const auto& recorded = environments_[static_cast<std::size_t>(n)].transitions;
                r.length[n] = static_cast<Index>(recorded.size());
                if (r.holds(t, n)) put(r, t, n, recorded[static_cast<std::size_t>(t)], running[n]);
            }
        }
        r.clear_absent();
        return r;
    }

    /// Transition k becomes sample (t, n).
    void put(Rollout<float>& r, Index t, Index n, Index k, FinishedEpisode& running) const {
        const Transition& transition = transitions_[static_cast<std::size_t>(k)];
        const Index sample = t * r.environments + n;
        copy(observation_.column(k), r.observation.column(sample));
        copy(next_observation_.column(k), r.observation.column(sample + r.environments));
        std::copy(mask_.column(k).begin(), mask_.column(k).end(), r.mask.column(sample).begin());
        r.action.copy_column(sample, action_, k);
        r.log_prob(n, t) = transition.log_prob;
        r.reward(n, t) = transition.reward;
        r.terminated(n, t) = transition.terminated ? 1 : 0;
        r.truncated(n, t) = transition.truncated ? 1 : 0;
        if (transition.truncated) {
            r.final_sample.push_back(sample);
            r.final_observation.resize(observation_size_, r.final_sample.size());
            r.final_mask.resize(mask_size_, r.final_sample.size());
            for (std::uint8_t& legal : r.final_mask.column(r.final_sample.size() - 1)) legal = 1;
            copy(next_observation_.column(k), r.final_observation.column(r.final_sample.size() - 1));
        }
        running.reward_sum += static_cast<double>(transition.reward);
        ++running.length;
        if (!transition.ends()) return;
        running.environment = n;
        r.finished.push_back(running);
        running = {};
    }

    static void copy(std::span<const float> from, std::span<float> to) {
        std::copy(from.begin(), from.end(), to.begin());
    }

    std::string path_;
    Box observation_space_;
    Space action_space_;
    Index observation_size_;
    ActionShape action_shape_;
    Index mask_size_;
    std::vector<std::string> columns_;
    Index line_ = 0;
    std::vector<std::string_view> cells_;
    std::vector<Transition> transitions_;
    MatrixBuffer<float> observation_;
    MatrixBuffer<float> next_observation_;
    MatrixBuffer<std::uint8_t> mask_;
    ActionBatch action_;
    std::vector<Recording> environments_;
};

}  // namespace detail
}  // namespace gradiva
