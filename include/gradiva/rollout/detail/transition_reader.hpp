#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/env/action_access.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/check_action.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/rollout/detail/parse_number.hpp"
#include "gradiva/rollout/detail/recording.hpp"
#include "gradiva/rollout/detail/transition_columns.hpp"

// Reading recorded transitions; rollout/recorded_rollout.hpp says what a file holds.

namespace GRADIVA_NAMESPACE::detail {

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
        read_header(without_byte_order_mark(next_line(file)));
        while (file.peek() != std::ifstream::traits_type::eof()) read_transition(next_line(file));
        require(!recording_.environments.empty(), "read_transitions: '{}' holds no transition; record at least 1",
                path_);
        return rollout_of<masked>(recording_, observation_space_, action_space_);
    }

private:
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

    /// Spreadsheets and editors of Windows begin a file with U+FEFF in UTF-8.
    static std::string without_byte_order_mark(std::string text) {
        if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
        return text;
    }

    void read_header(const std::string& text) {
        const auto names = split_cells(text);
        for (std::size_t i = 0; i < std::max(names.size(), columns_.size()); ++i) {
            const std::string_view found = i < names.size() ? names[i] : "";
            const std::string_view wanted = i < columns_.size() ? std::string_view(columns_[i]) : "";
            if (found == wanted) continue;
            fail(
                "read_transitions: '{}', line 1: column {} is '{}' where '{}' belongs; for observations of {} numbers "
                "and these actions, name the columns {}",
                path_, i + 1, found, wanted, observation_size_, transition_header_in_short(columns_));
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

    Index integer(Index column) const {
        const auto [kind, value] = parse_number<Index>(cell(column));
        require_cell(kind != NumberKind::too_large, column, "write a whole number from {} to {}",
                     std::numeric_limits<Index>::min(), std::numeric_limits<Index>::max());
        require_cell(kind == NumberKind::value, column, "write a whole number");
        return value;
    }

    float real(Index column) const {
        // Read as double, so that a number too small for a float is 0, not an error; as is one too small for a double.
        const auto [kind, value] = parse_number<double>(cell(column));
        require_cell(kind != NumberKind::no_number, column, "write a number");
        const auto number = static_cast<float>(value);
        require_cell(kind == NumberKind::value && std::isfinite(number), column,
                     "record finite numbers, in the range of a 32-bit float");
        return number;
    }

    bool flag(Index column) const {
        require_cell(cell(column) == "0" || cell(column) == "1", column, "write 0 or 1");
        return cell(column) == "1";
    }

    void read_transition(const std::string& text) {
        cells_ = split_cells(text);
        if (cells_.size() < columns_.size()) {
            fail("read_transitions: '{}', line {}: it has {} cells, so that column {}, {}, is missing; write all {}",
                 path_, line_, cells_.size(), cells_.size() + 1, columns_[cells_.size()], columns_.size());
        }
        if (cells_.size() > columns_.size()) {
            fail(
                "read_transitions: '{}', line {}: it has {} cells, the first too many being '{}'; write the {} of "
                "line 1",
                path_, line_, cells_.size(), cells_[columns_.size()], columns_.size());
        }

        const auto k = static_cast<Index>(recording_.transitions.size());
        recording_.observation.resize(observation_size_, k + 1);
        recording_.next_observation.resize(observation_size_, k + 1);
        recording_.mask.resize(mask_size_, k + 1);
        recording_.action.resize(action_shape_, k + 1);

        EnvironmentRecording& environment = environment_of_line();
        Index column = 2;
        for (float& x : recording_.observation.column(k)) x = real(column++);
        if (!environment.transitions.empty()) check_continuity(environment.transitions.back(), k);
        for (std::uint8_t& legal : recording_.mask.column(k)) legal = flag(column++) ? 1 : 0;
        column = read_action(k, column);
        const float log_prob = read_log_prob(column++);
        const float reward = real(column++);
        const bool terminated = flag(column++);
        const bool truncated = flag(column++);
        require_cell(!terminated || !truncated, column - 1,
                     "terminated is 1 too, but an episode that came to its end was not cut short: write 0");
        read_next_observation(k, column, terminated);
        recording_.transitions.push_back({line_, log_prob, reward, terminated, truncated});
        environment.transitions.push_back(k);
    }

    EnvironmentRecording& environment_of_line() {
        std::vector<EnvironmentRecording>& environments = recording_.environments;
        const Index number = integer(0);
        const auto known = static_cast<Index>(environments.size());
        require_cell(number >= 0 && number <= known, 0,
                     "number environments from 0 in the order in which they first appear; the next new one is {}",
                     known);
        const Index step = integer(1);
        require_cell(step >= 0, 1, "count steps from 0");
        if (number == known) environments.push_back({.first_step = step, .transitions = {}});
        EnvironmentRecording& environment = environments[static_cast<std::size_t>(number)];
        const Index last = std::numeric_limits<Index>::max();
        require_cell(environment.length() <= last - environment.first_step, 1,
                     "no step can follow step {} of environment {}: start from a smaller one", last, number);
        const Index next = environment.first_step + environment.length();
        require_cell(step == next, 1,
                     "the next step of environment {} is {}: leave none out, count on through the ends of episodes",
                     number, next);
        return environment;
    }

    /// An episode goes on from where it was; the first observation of transition k follows transition `before`.
    void check_continuity(Index before, Index k) const {
        const Transition& previous = recording_.transitions[static_cast<std::size_t>(before)];
        if (previous.ends()) return;
        for (Index i = 0; i < observation_size_; ++i) {
            require_cell(recording_.observation(i, k) == recording_.next_observation(i, before), 2 + i,
                         "line {}, the step before, ends no episode and has next_observation_{} = {}: write the same, "
                         "or mark that step as terminated or truncated",
                         previous.line, i, recording_.next_observation(i, before));
        }
    }

    /// Returns the column after the action.
    Index read_action(Index k, Index column) {
        ActionView action = recording_.action.columns({k, k + 1});
        Index first_legal = 0;
        for (Index i = 0; i < action_shape_.integers; ++i, ++column) {
            const Index choice = integer(column);
            const Index n = count_of_choices(action_space_, i);
            if (choice < 0 || choice >= n) {  // words for the space cost more than the rest of the line
                require_cell(false, column, "the action space is {}: give a number from 0 to {}",
                             describe(action_space_), n - 1);
            }
            require_cell(mask_size_ == 0 || recording_.mask(first_legal + choice, k) == 1, column,
                         "legal_{} is 0: an illegal action cannot have been taken", first_legal + choice);
            first_legal += n;
            action.integers(i, 0) = static_cast<int>(choice);
        }
        for (Index i = 0; i < action_shape_.reals; ++i, ++column) action.reals(i, 0) = real(column);
        return column;
    }

    float read_log_prob(Index column) const {
        const auto parsed = parse_number<double>(cell(column));
        require_cell(parsed.value != -std::numeric_limits<double>::infinity(), column,
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
            // Nothing is learned from it: the observation is copied, which is finite.
            for (Index i = 0; i < observation_size_; ++i)
                recording_.next_observation(i, k) = recording_.observation(i, k);
        } else {
            for (float& x : recording_.next_observation.column(k)) x = real(column++);
        }
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
    RecordedTransitions recording_;
};

}  // namespace GRADIVA_NAMESPACE::detail
