// Rooms include only themselves and rooms below them; gradiva.hpp includes every public header, io.hpp those of io/.
#include "catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

// Paths are relative to include/, for example "gradiva/core/rng.hpp".
using Sources = std::map<std::string, std::string>;

Sources read_headers() {
    const fs::path root = fs::path(GRADIVA_SOURCE_DIR) / "include";
    Sources headers;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file()) continue;
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        headers[entry.path().lexically_relative(root).generic_string()] = text.str();
    }
    return headers;
}

// Takes `word` and the blanks around it off the front of `line`, where it stands there.
bool take(std::string_view& line, std::string_view word) {
    const auto skip_blanks = [&] { line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size())); };
    skip_blanks();
    if (!line.starts_with(word)) return false;
    line.remove_prefix(word.size());
    skip_blanks();
    return true;
}

// What a header includes; names in quotes are relative to the header's own folder.
std::vector<std::string> includes(const std::string& header, const std::string& text) {
    std::vector<std::string> names;
    std::istringstream lines(text);
    for (std::string whole; std::getline(lines, whole);) {
        std::string_view line = whole;
        if (!take(line, "#") || !take(line, "include")) continue;
        const bool quoted = line.starts_with('"');
        const std::string name(line.substr(1, line.find(quoted ? '"' : '>', 1) - 1));
        const bool beside = quoted && !name.starts_with("gradiva/");
        const fs::path path = beside ? fs::path(header).parent_path() / name : fs::path(name);
        names.push_back(path.lexically_normal().generic_string());
    }
    return names;
}

bool is_ours(const std::string& name) { return name.starts_with("gradiva/"); }

// The folder of a header below gradiva/; empty for gradiva.hpp, forward.hpp and version.hpp.
std::string room_of(const std::string& header) {
    const std::string rest = header.substr(std::string("gradiva/").size());
    const auto slash = rest.find('/');
    return slash == std::string::npos ? "" : rest.substr(0, slash);
}

const std::map<std::string, std::set<std::string>>& rooms_below() {
    static const auto table = [] {
        std::map<std::string, std::set<std::string>> below{
            {"core", {}},
            {"kernels", {"core"}},
            {"nn", {"core", "kernels"}},
            {"optim", {"core", "kernels"}},
            {"surrogate", {"core", "kernels"}},
            {"distributions", {"core", "kernels"}},
            {"env", {"core"}},
            {"environments", {"core", "env"}},
        };
        std::set<std::string> all;
        for (const auto& [room, unused] : below) all.insert(room);
        for (const char* room : {"policy", "rollout", "advantage", "learn", "train", "algorithms", "callbacks", "agents",
                                 "io"}) {
            below[room] = all;
            all.insert(room);
        }
        return below;
    }();
    return table;
}

// One sentence for each include of `header` that points to a room it must not see.
std::vector<std::string> wrong_includes(const std::string& header, const std::string& text) {
    if (room_of(header).empty()) return {};
    const std::string room = room_of(header);
    if (!rooms_below().contains(room)) return {header + " is in no known room"};

    std::vector<std::string> wrong;
    for (const std::string& name : includes(header, text)) {
        if (!is_ours(name) || name == "gradiva/version.hpp") continue;
        const std::string other = room_of(name);
        if (other != room && !rooms_below().at(room).contains(other)) wrong.push_back(header + " includes " + name);
    }
    return wrong;
}

// Everything a header includes, of ours and of others, directly or through others of ours.
std::set<std::string> all_includes(const std::string& header, const Sources& headers) {
    std::set<std::string> seen;
    std::vector<std::string> open{header};
    while (!open.empty()) {
        const std::string next = open.back();
        open.pop_back();
        const auto found = headers.find(next);
        if (found == headers.end()) continue;
        for (const std::string& name : includes(next, found->second)) {
            if (seen.insert(name).second) open.push_back(name);
        }
    }
    return seen;
}

bool is_eigen(const std::string& name) { return name.starts_with("Eigen/") || name.starts_with("unsupported/Eigen/"); }

// Neither ours, nor Eigen, nor fmt, nor of the standard library, nor of the system.
bool is_foreign(const std::string& name) {
    static const std::set<std::string> system{"arm_neon.h", "emmintrin.h", "fcntl.h",   "immintrin.h", "io.h",
                                              "pthread.h",  "sched.h",     "termios.h", "unistd.h"};
    if (is_ours(name) || is_eigen(name) || name.starts_with("fmt/") || name.starts_with("sys/")) return false;
    return name.find_first_of("./") != std::string::npos && !system.contains(name);
}

// Headers that only list others.
bool is_umbrella(const std::string& header) { return header == "gradiva/gradiva.hpp" || header == "gradiva/io.hpp"; }

// The public headers that need only Eigen and fmt and that gradiva.hpp does not include; those of io/ that io.hpp does
// not.
std::vector<std::string> missing_from_umbrellas(const Sources& headers) {
    std::vector<std::string> missing;
    for (const auto& [header, text] : headers) {
        if (is_umbrella(header) || header.find("/detail/") != std::string::npos) continue;
        const bool of_io = room_of(header) == "io";
        const std::string umbrella = of_io ? "gradiva/io.hpp" : "gradiva/gradiva.hpp";
        const auto included = includes(umbrella, headers.at(umbrella));
        const auto needed = of_io ? std::set<std::string>{} : all_includes(header, headers);
        if (std::any_of(needed.begin(), needed.end(), is_foreign)) continue;
        if (std::find(included.begin(), included.end(), header) == included.end()) missing.push_back(header);
    }
    return missing;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("no header includes a room above its own") {
    Names wrong;
    for (const auto& [header, text] : read_headers()) {
        for (const std::string& sentence : wrong_includes(header, text)) wrong.push_back(sentence);
    }
    CHECK(wrong == Names{});
}

TEST_CASE("an include of a room above or beside is found, however it is written") {
    CHECK(wrong_includes("gradiva/core/rng.hpp", "#include <cstdint>\n#include <gradiva/nn/mlp.hpp>\n") ==
          Names{"gradiva/core/rng.hpp includes gradiva/nn/mlp.hpp"});
    CHECK(wrong_includes("gradiva/core/rng.hpp", "  #  include \"../algorithms/ppo.hpp\"\n") ==
          Names{"gradiva/core/rng.hpp includes gradiva/algorithms/ppo.hpp"});
    CHECK(wrong_includes("gradiva/nn/mlp.hpp", "#include <gradiva/optim/adam.hpp>").size() == 1);
    CHECK(wrong_includes("gradiva/env/env.hpp", "#include <gradiva/kernels/activation.hpp>").size() == 1);
    CHECK(wrong_includes("gradiva/environments/pendulum.hpp", "#include <gradiva/nn/mlp.hpp>").size() == 1);
    CHECK(wrong_includes("gradiva/algorithms/ppo.hpp", "#include <gradiva/callbacks/csv_log.hpp>").size() == 1);
    CHECK(wrong_includes("gradiva/core/rng.hpp", "#include <gradiva/gradiva.hpp>").size() == 1);
    CHECK(wrong_includes("gradiva/callbacks/csv_log.hpp", "#include <gradiva/io/safetensors_file.hpp>").size() == 1);
    CHECK(wrong_includes("gradiva/callbacks/csv_log.hpp", "#include <gradiva/io.hpp>").size() == 1);
    CHECK(wrong_includes("gradiva/attic/old.hpp", "") == Names{"gradiva/attic/old.hpp is in no known room"});
}

TEST_CASE("an include of the own room or of one below is fine") {
    CHECK(wrong_includes("gradiva/core/rng.hpp", "#include \"index.hpp\"\n#include <gradiva/version.hpp>\n").empty());
    CHECK(wrong_includes("gradiva/algorithms/ppo.hpp", "#include <gradiva/core/rng.hpp>\n// #include <gradiva/x/y.hpp>")
              .empty());
}

TEST_CASE("every header reaches the one that says what the compiler lacks, before anything else of ours") {
    const Sources headers = read_headers();
    const std::string language = "gradiva/core/language.hpp";
    REQUIRE(headers.contains(language));
    Names wrong;
    for (const auto& [header, text] : headers) {
        if (header != language && !all_includes(header, headers).contains(language)) wrong.push_back(header);
    }
    CHECK(wrong == Names{});
    for (const char* umbrella : {"gradiva/gradiva.hpp", "gradiva/io.hpp"}) {
        CHECK(includes(umbrella, headers.at(umbrella)).front() == language);
    }
}

TEST_CASE("every header opens namespace gradiva by the macro that names the target") {
    Names wrong;
    for (const auto& [header, text] : read_headers()) {
        if (header == "gradiva/core/namespace.hpp" || header == "gradiva/core/language.hpp") continue;
        const bool opens = text.find("\nnamespace GRADIVA_NAMESPACE") != std::string::npos;
        if (!(opens || is_umbrella(header)) || text.find("namespace gradiva") != std::string::npos) {
            wrong.push_back(header);
        }
    }
    CHECK(wrong == Names{});
}

TEST_CASE("someone who only writes an environment pays for no Eigen") {
    const Sources headers = read_headers();
    for (const char* header : {"gradiva/env/env.hpp", "gradiva/env/space.hpp", "gradiva/forward.hpp"}) {
        CAPTURE(header);
        REQUIRE(headers.contains(header));
        const auto names = all_includes(header, headers);
        CHECK(std::none_of(names.begin(), names.end(), is_eigen));
    }
}

TEST_CASE("Eigen behind another header is found") {
    const Sources headers{{"gradiva/env/env.hpp", "#include <gradiva/core/types.hpp>"},
                          {"gradiva/core/types.hpp", "#include <Eigen/Core>"}};
    CHECK(all_includes("gradiva/env/env.hpp", headers).contains("Eigen/Core"));
}

TEST_CASE("gradiva.hpp includes every public header that needs only Eigen and fmt, io.hpp every one of io/") {
    CHECK(missing_from_umbrellas(read_headers()) == Names{});
}

TEST_CASE("what gradiva.hpp includes needs no JSON, and nothing of io/") {
    for (const std::string& name : all_includes("gradiva/gradiva.hpp", read_headers())) {
        CAPTURE(name);
        CHECK_FALSE(name.starts_with("nlohmann/"));
        CHECK_FALSE(name.starts_with("gradiva/io"));
    }
}

TEST_CASE("a public header that an umbrella lacks is found, a detail or one with a foreign need is let be") {
    const Sources headers{{"gradiva/gradiva.hpp", "#include <gradiva/core/rng.hpp>"},
                          {"gradiva/core/rng.hpp", "#include <gradiva/core/detail/bits.hpp>"},
                          {"gradiva/core/detail/bits.hpp", "#include <cstdint>"},
                          {"gradiva/env/frame.hpp", "#include <png/png.hpp>"},
                          {"gradiva/io.hpp", "#include <gradiva/io/table.hpp>"},
                          {"gradiva/io/detail/bits.hpp", "#include <cstdint>"},
                          {"gradiva/io/page.hpp", "#include <nlohmann/json.hpp>"},
                          {"gradiva/io/table.hpp", "#include <nlohmann/json.hpp>"},
                          {"gradiva/nn/mlp.hpp", "#include <Eigen/Core>\n#include <fmt/format.h>\n#include <vector>"}};
    CHECK(missing_from_umbrellas(headers) == Names{"gradiva/io/page.hpp", "gradiva/nn/mlp.hpp"});
}
