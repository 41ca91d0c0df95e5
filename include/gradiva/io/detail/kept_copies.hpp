#pragma once

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Of the files `path`.NUMBER whose number, in the form in which it is written, is at most `newest`, removes all but
/// those of the `keep` highest numbers. What cannot be removed stays.
inline void remove_old_copies(const std::string& path, Index newest, Index keep) {
    namespace fs = std::filesystem;
    const fs::path folder = fs::path(path).parent_path();
    const std::string prefix = fs::path(path).filename().string() + ".";
    std::vector<std::pair<Index, fs::path>> copies;
    std::error_code failed;
    for (fs::directory_iterator at(folder.empty() ? "." : folder, failed), end; !failed && at != end;
         at.increment(failed)) {
        const std::string name = at->path().filename().string();
        if (!name.starts_with(prefix)) continue;
        Index number = 0;
        const auto read = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
        const bool is_copy = read.ec == std::errc{} && number >= 0 && name == prefix + std::to_string(number);
        if (is_copy && number <= newest) copies.emplace_back(number, at->path());
    }
    std::sort(copies.begin(), copies.end());
    const auto excess = std::max<Index>(static_cast<Index>(copies.size()) - keep, 0);
    for (Index i = 0; i < excess; ++i) fs::remove(copies[to_size(i)].second, failed);
}

}  // namespace GRADIVA_NAMESPACE::detail
