#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE {

/// A maze on a grid, a test problem with a Discrete action space and masks. Actions 0 to 3 move up, right, down and
/// left; `action_mask` forbids moves into walls and off the map. Episodes start in a uniformly drawn open cell and
/// terminate in a goal; the reward is -0.1 per step. The observation is the cell, one-hot over the cells that are not
/// walls, row by row. Random actions may take long: `TimeLimit(MaskedGrid{}, 30)` does not cut episodes of the optimal
/// policy.
///
/// With d(s) the length of the shortest path from the start s to a goal, the mean return of the optimal policy is
///   -0.1 mean over s of d(s).
/// The metric `reached` is 1 where an episode ended in a goal, 0 where it was cut off.
class MaskedGrid {
public:
    static constexpr double cost = 0.1;  // of a step

    /// A map of rows of the same length: '#' is a wall, 'G' a goal, '.' an open cell. Throws `Error` on another
    /// character, on rows of different lengths, on a map without open cells, and on an open cell without a path to a
    /// goal.
    explicit MaskedGrid(std::vector<std::string> map = {"....#", ".##..", "..#.#", "#....", "..#.G"})
        : map_(std::move(map)) {
        read_map();
        measure_distances();
    }

    /// The mean return of the optimal policy, undiscounted.
    double best_return() const {
        double total = 0;
        for (const std::size_t start : starts_) total += cells_[start].distance;
        return -cost * total / static_cast<double>(starts_.size());
    }

    Box observation_space() const { return {.size = static_cast<Index>(cells_.size()), .low = {0}, .high = {1}}; }
    Discrete action_space() const { return {.n = moves}; }

    void reset(Rng& rng, std::span<float> observation) {
        at_ = starts_[static_cast<std::size_t>(rng.below(static_cast<Index>(starts_.size())))];
        observe(observation);
    }

    /// Throws `Error` on a move that `action_mask` forbids.
    Outcome step(int action, Rng&, std::span<float> observation) {
        const Cell& cell = cells_[at_];
        require(action >= 0 && action < moves && cell.neighbour[static_cast<std::size_t>(action)] != none,
                "MaskedGrid: move {} is illegal in row {}, column {}; choose one that action_mask leaves", action,
                cell.row, cell.column);
        at_ = cell.neighbour[static_cast<std::size_t>(action)];
        observe(observation);
        return {.reward = -cost, .terminated = cells_[at_].distance == 0};
    }

    void action_mask(std::span<std::uint8_t> legal) const {
        for (std::size_t move = 0; move < moves; ++move) {
            if (cells_[at_].neighbour[move] == none) legal[move] = 0;
        }
    }

    void render(Canvas& canvas) const {
        const auto rows = static_cast<double>(map_.size()), columns = static_cast<double>(map_[0].size());
        canvas.view({.left = -0.1, .bottom = -0.1, .right = columns + 0.1, .top = rows + 0.1});
        for (std::size_t row = 0; row < map_.size(); ++row) {
            for (std::size_t column = 0; column < map_[row].size(); ++column) {
                const char sign = map_[row][column];
                const CanvasPoint corner{static_cast<double>(column), rows - static_cast<double>(row)};
                canvas.rectangle(corner, {corner.x + 1, corner.y - 1},
                                 {.fill = sign == '#'   ? Ink::muted
                                          : sign == 'G' ? Ink::good
                                                        : Ink::none,
                                  .stroke = Ink::faint,
                                  .width = 0.03});
                if (sign != 'G') continue;
                canvas.text({corner.x + 0.5, corner.y - 0.5}, "goal", {.size = 0.35, .ink = Ink::background});
            }
        }
        const Cell& cell = cells_[at_];
        canvas.circle({static_cast<double>(cell.column) + 0.5, rows - static_cast<double>(cell.row) - 0.5}, 0.3,
                      {.fill = Ink::accent});
    }

    static constexpr std::array<std::string_view, 1> metric_names{"reached"};
    void metrics(std::span<double> out) const { out[0] = cells_[at_].distance == 0 ? 1 : 0; }

    void visit_state(State& state) {
        state.fixed("map", map_);
        state("at", at_);
        require(at_ < cells_.size(), "MaskedGrid: cell {} was saved, of a map of {}; this state was changed since", at_,
                cells_.size());
    }

private:
    static constexpr int moves = 4;
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    struct Cell {
        Index row = 0;
        Index column = 0;
        std::array<std::size_t, moves> neighbour{none, none, none, none};
        int distance = -1;  // steps to a goal; -1: not known
    };

    void read_map() {
        for (std::size_t row = 0; row < map_.size(); ++row) {
            require(map_[row].size() == map_[0].size(),
                    "MaskedGrid: row {} has {} cells, row 0 {}; give rows of the same length", row, map_[row].size(),
                    map_[0].size());
            for (std::size_t column = 0; column < map_[row].size(); ++column) read_cell(row, column);
        }
        require(!starts_.empty(), "MaskedGrid: the map has no open cell; give one '.' at least");
        for (Cell& cell : cells_) {
            const auto [row, column] = std::pair(cell.row, cell.column);
            cell.neighbour = {number_of(row - 1, column), number_of(row, column + 1), number_of(row + 1, column),
                              number_of(row, column - 1)};
        }
    }

    void read_cell(std::size_t row, std::size_t column) {
        const char sign = map_[row][column];
        require(sign == '#' || sign == 'G' || sign == '.',
                "MaskedGrid: row {}, column {} is '{}'; give '#' for a wall, 'G' for a goal, '.' for an open cell", row,
                column, sign);
        if (sign == '#') return;
        if (sign == '.') starts_.push_back(cells_.size());
        cells_.push_back({.row = static_cast<Index>(row), .column = static_cast<Index>(column)});
        if (sign == 'G') cells_.back().distance = 0;
    }

    /// The index in `cells_` of the cell at this row and column; `none` for walls and off the map.
    std::size_t number_of(Index row, Index column) const {
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            if (cells_[i].row == row && cells_[i].column == column) return i;
        }
        return none;
    }

    /// Breadth-first search from all goals.
    void measure_distances() {
        std::vector<std::size_t> queue;
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            if (cells_[i].distance == 0) queue.push_back(i);
        }
        for (std::size_t next = 0; next < queue.size(); ++next) {
            const Cell cell = cells_[queue[next]];
            for (const std::size_t other : cell.neighbour) {
                if (other == none || cells_[other].distance >= 0) continue;
                cells_[other].distance = cell.distance + 1;
                queue.push_back(other);
            }
        }
        for (const Cell& cell : cells_) {
            require(cell.distance >= 0,
                    "MaskedGrid: there is no way from row {}, column {} to a goal; open one, or make the cell a wall",
                    cell.row, cell.column);
        }
    }

    void observe(std::span<float> observation) const {
        std::fill(observation.begin(), observation.end(), 0.0F);
        observation[at_] = 1;
    }

    std::vector<std::string> map_;
    std::vector<Cell> cells_;  // those that are not walls, row by row
    std::vector<std::size_t> starts_;
    std::size_t at_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
