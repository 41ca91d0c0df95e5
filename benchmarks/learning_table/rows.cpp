// The table and its order. To add a row, append a block to its environment's file: its names, its goal, its
// hyperparameters in words and in code.

#include "rows.hpp"

#include <algorithm>

#include "gradiva/core/check.hpp"

namespace learning_table {

namespace {

bool holds(const std::string& name, const std::string& part) { return name.find(part) != std::string::npos; }

}  // namespace

std::vector<Row> all_rows() {
    std::vector<Row> rows;
    add_cart_pole(rows);
    add_acrobot(rows);
    add_mountain_car(rows);
    add_pendulum(rows);
    add_breakout(rows);
    add_memory(rows);
    return rows;
}

std::vector<Row> select_rows(const std::vector<Row>& rows, const std::vector<std::string>& names) {
    if (names.empty()) return rows;
    std::vector<bool> wanted(rows.size(), false);
    for (const std::string& name : names) {
        const bool exact = std::any_of(rows.begin(), rows.end(), [&](const Row& row) { return row.name == name; });
        bool found = false;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (exact ? rows[i].name != name : !holds(rows[i].name, name)) continue;
            wanted[i] = found = true;
        }
        if (found) continue;
        std::string list;
        for (const Row& row : rows) list += "\n  " + row.name;
        gradiva::fail("learning_table: no row's name is or holds '{}'; the rows are:{}", name, list);
    }
    std::vector<Row> chosen;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (wanted[i]) chosen.push_back(rows[i]);
    }
    return chosen;
}

}  // namespace learning_table
