// The rows of the learning table: what is trained, for how long, and what it must reach.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gradiva/core/index.hpp"

namespace learning_table {

using gradiva::Index;

/// Mean return of the last 100 training episodes, whose actions were sampled; NaN before the first has ended.
struct CurvePoint {
    Index steps = 0;
    double mean_return = 0;
};

/// What a row is judged by.
enum class Score {
    greedy,    ///< mean return of the greedy policy over 100 episodes after training
    training,  ///< mean return of the last 100 training episodes, whose actions were sampled
    late,      ///< the same mean, averaged over the last tenth of the iterations
};

/// What one seed gave.
struct Result {
    double greedy_return = 0;
    double training_return = 0;
    double late_return = 0;
    Index steps = 0;                     ///< used, of all environments together
    double seconds = 0;                  ///< of training alone
    std::vector<CurvePoint> curve = {};  ///< at the same steps for every seed
};

struct Row {
    std::string name;  ///< for the command line and for files
    std::string environment;
    std::string algorithm;
    double goal = 0;
    Score score = Score::greedy;
    std::string settings;  ///< hyperparameters in words
    std::function<Result(std::uint64_t seed)> train;
};

inline double score_of(const Row& row, const Result& result) {
    if (row.score == Score::late) return result.late_return;
    return row.score == Score::greedy ? result.greedy_return : result.training_return;
}

// The rows of each environment, appended.
void add_cart_pole(std::vector<Row>& rows);
void add_acrobot(std::vector<Row>& rows);
void add_breakout(std::vector<Row>& rows);
void add_memory(std::vector<Row>& rows);
void add_mountain_car(std::vector<Row>& rows);
void add_pendulum(std::vector<Row>& rows);

/// All rows, in the order of the table.
std::vector<Row> all_rows();

/// The rows with one of these names; where no row has the name, those whose name holds it. All where none are given.
/// Throws `gradiva::Error` on a name that fits no row.
std::vector<Row> select_rows(const std::vector<Row>& rows, const std::vector<std::string>& names);

}  // namespace learning_table
