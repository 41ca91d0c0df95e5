// Readers for the reference data in this folder; see README.md.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <locale>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reference {

/// A matrix, column-major.
struct Block {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<double> values;

  double operator()(std::size_t row, std::size_t col) const { return values.at(col * rows + row); }
};

using Blocks = std::map<std::string, Block>;

/// A numeric CSV file with a header line.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;

  /// Index of the named column.
  std::size_t column(std::string_view name) const {
    const auto found = std::find(columns.begin(), columns.end(), name);
    if (found == columns.end()) {
      throw std::runtime_error("no column " + std::string(name));
    }
    return static_cast<std::size_t>(std::distance(columns.begin(), found));
  }
};

namespace detail {

/// The lines of a file, without comments ('#') and empty lines.
inline std::vector<std::string> read_lines(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error("cannot open " + path.string());
  }
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    if (!line.empty() && !line.starts_with('#')) {
      lines.push_back(std::move(line));
    }
  }
  if (file.bad()) {
    throw std::runtime_error("cannot read " + path.string());
  }
  return lines;
}

/// The fields of a CSV line.
inline std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields;
  for (std::size_t begin = 0;;) {
    const std::size_t end = line.find(',', begin);
    fields.push_back(line.substr(begin, end - begin));
    if (end == std::string::npos) {
      return fields;
    }
    begin = end + 1;
  }
}

/// The one value of `T` that `text` holds, whatever the global locale.
template <class T>
T parse(const std::string& text, const std::filesystem::path& path) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  T value{};
  if (!(stream >> value) || !(stream >> std::ws).eof()) {
    throw std::runtime_error("malformed value '" + text + "' in " + path.string());
  }
  return value;
}

inline bool is_name(const std::string& text) {
  return std::isalpha(static_cast<unsigned char>(text.front())) != 0;
}

}  // namespace detail

/// Reads blocks: each a line `name rows cols`, then its values in column-major order.
inline Blocks read_blocks(const std::filesystem::path& path) {
  Blocks blocks;
  Block* block = nullptr;
  const auto require_complete = [&] {
    if (block != nullptr && block->values.size() != block->rows * block->cols) {
      throw std::runtime_error("block of wrong size in " + path.string());
    }
  };
  for (const std::string& line : detail::read_lines(path)) {
    std::istringstream stream(line);
    const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
    if (words.empty()) {
      continue;
    }
    if (detail::is_name(words.front())) {
      require_complete();
      const auto [entry, added] = blocks.try_emplace(words.front());
      if (words.size() != 3 || !added) {
        throw std::runtime_error("malformed block '" + line + "' in " + path.string());
      }
      block = &entry->second;
      const int rows = detail::parse<int>(words[1], path);
      const int cols = detail::parse<int>(words[2], path);
      if (rows < 1 || cols < 1) {
        throw std::runtime_error("malformed block '" + line + "' in " + path.string());
      }
      block->rows = static_cast<std::size_t>(rows);
      block->cols = static_cast<std::size_t>(cols);
    } else if (block != nullptr) {
      for (const std::string& word : words) {
        block->values.push_back(detail::parse<double>(word, path));
      }
    } else {
      throw std::runtime_error("values before the first block in " + path.string());
    }
  }
  require_complete();
  if (blocks.empty()) {
    throw std::runtime_error("no blocks in " + path.string());
  }
  return blocks;
}

/// The named block.
inline const Block& at(const Blocks& blocks, const std::string& name) {
  const auto found = blocks.find(name);
  if (found == blocks.end()) {
    throw std::runtime_error("no block " + name);
  }
  return found->second;
}

/// Reads a numeric CSV file with a header line.
inline Table read_csv(const std::filesystem::path& path) {
  const std::vector<std::string> lines = detail::read_lines(path);
  if (lines.empty()) {
    throw std::runtime_error("no header in " + path.string());
  }
  Table table{detail::split(lines.front()), {}};
  for (auto line = std::next(lines.begin()); line != lines.end(); ++line) {
    std::vector<double>& row = table.rows.emplace_back();
    for (const std::string& field : detail::split(*line)) {
      row.push_back(detail::parse<double>(field, path));
    }
    if (row.size() != table.columns.size()) {
      throw std::runtime_error("row of wrong length '" + *line + "' in " + path.string());
    }
  }
  return table;
}

}  // namespace reference
