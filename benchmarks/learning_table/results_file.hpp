// A file of what seeds gave, so that an interrupted run goes on with those that are missing.
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>

#include "gradiva/core/check.hpp"
#include "rows.hpp"

namespace learning_table {

namespace detail {

/// JSON has no NaN: null stands for it.
inline double number_of(const nlohmann::json& value) {
    return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

inline nlohmann::json to_json(const Result& result) {
    nlohmann::json curve = nlohmann::json::array();
    for (const CurvePoint& point : result.curve) curve.push_back({point.steps, point.mean_return});
    return {{"greedy_return", result.greedy_return},
            {"training_return", result.training_return},
            {"late_return", result.late_return},
            {"steps", result.steps},
            {"seconds", result.seconds},
            {"curve", curve}};
}

inline Result from_json(const nlohmann::json& json) {
    Result result{.greedy_return = number_of(json.at("greedy_return")),
                  .training_return = number_of(json.at("training_return")),
                  .late_return = number_of(json.at("late_return")),
                  .steps = json.at("steps").get<Index>(),
                  .seconds = number_of(json.at("seconds"))};
    for (const nlohmann::json& point : json.at("curve")) {
        result.curve.push_back({point.at(0).get<Index>(), number_of(point.at(1))});
    }
    return result;
}

}  // namespace detail

/// One line of JSON for each row and seed, appended as soon as it is known. A result counts for a row whose name and
/// settings are those of the line. The end of a file that is not a whole line, where a program was killed while it
/// wrote, is cut off.
class ResultsFile {
public:
    /// Throws `gradiva::Error` where the file cannot be read or written, or holds something else. No path: nothing is
    /// kept.
    explicit ResultsFile(std::filesystem::path path) : path_(std::move(path)) {
        if (path_.empty()) return;
        if (std::filesystem::exists(path_)) read();
        file_.open(path_, std::ios::binary | std::ios::app);
        check_written();
    }

    /// What this seed gave; null where it is not known.
    const Result* find(const Row& row, std::uint64_t seed) const {
        const auto found = results_.find({row.name, row.settings, seed});
        return found == results_.end() ? nullptr : &found->second;
    }

    /// May be called by several threads. Throws `gradiva::Error` where the file cannot be written.
    void add(const Row& row, std::uint64_t seed, const Result& result) {
        if (path_.empty()) return;
        nlohmann::json json = detail::to_json(result);
        json["row"] = row.name;
        json["settings"] = row.settings;
        json["seed"] = seed;
        const std::string line = json.dump() + '\n';
        const std::lock_guard lock(writing_);
        file_ << line << std::flush;
        check_written();
    }

private:
    void read() {
        std::ifstream file(path_, std::ios::binary);
        std::uintmax_t whole = 0;
        for (std::string line; std::getline(file, line) && !file.eof(); whole += line.size() + 1) read_line(line);
        gradiva::require(!file.bad() && file.eof(), "learning_table: cannot read '{}'; give a file that may be read",
                         path_.string());
        file.close();
        if (whole < std::filesystem::file_size(path_)) std::filesystem::resize_file(path_, whole);
    }

    void read_line(const std::string& line) {
        try {
            const nlohmann::json json = nlohmann::json::parse(line);
            results_[{json.at("row").get<std::string>(), json.at("settings").get<std::string>(),
                      json.at("seed").get<std::uint64_t>()}] = detail::from_json(json);
        } catch (const nlohmann::json::exception& error) {
            gradiva::fail("learning_table: '{}' holds a line that is no result ({}); give another file", path_.string(),
                          error.what());
        }
    }

    void check_written() const {
        gradiva::require(file_.good(), "learning_table: cannot write '{}'; give a file that may be written",
                         path_.string());
    }

    std::filesystem::path path_;
    std::ofstream file_;
    std::map<std::tuple<std::string, std::string, std::uint64_t>, Result> results_;
    std::mutex writing_;
};

}  // namespace learning_table
