// The recordings of both mountain cars.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "reference/read_blocks.hpp"

namespace gradiva_test {

/// One line of a recording.
struct CarRow {
    double position, velocity;
    std::array<double, 2> observation;
    double action;
    double reward;
    bool terminated, truncated;
};

inline std::map<int, std::vector<CarRow>> recorded_car_episodes(const std::string& file) {
    const reference::Table table = reference::read_csv(GRADIVA_SOURCE_DIR "/tests/reference/" + file);
    const auto at = [&](const std::vector<double>& row, const char* name) { return row[table.column(name)]; };
    std::map<int, std::vector<CarRow>> episodes;
    for (const auto& row : table.rows) {
        episodes[static_cast<int>(at(row, "episode"))].push_back({.position = at(row, "position"),
                                                                  .velocity = at(row, "velocity"),
                                                                  .observation = {at(row, "o0"), at(row, "o1")},
                                                                  .action = at(row, "action"),
                                                                  .reward = at(row, "reward"),
                                                                  .terminated = at(row, "terminated") != 0,
                                                                  .truncated = at(row, "truncated") != 0});
    }
    return episodes;
}

}  // namespace gradiva_test
