// The defaults are those of defaults_table.hpp, in the headers and in the README.
#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradiva/gradiva.hpp"
#include "gradiva/io.hpp"
#include "helpers/field_count.hpp"

using namespace gradiva;

namespace {

namespace fs = std::filesystem;

struct Field {
    std::string name, value;
    std::ptrdiff_t place;  ///< in its struct
    bool holds;            ///< whether the default is this value
};

struct Struct {
    std::string name;
    std::vector<Field> fields;
};

/// Whether two values are the same; all NaN are.
template <class T>
bool same(const T& a, const std::type_identity_t<T>& b) {
    if constexpr (std::floating_point<T>) {
        return a == b || (std::isnan(a) && std::isnan(b));
    } else {
        return a == b;
    }
}
bool same(const Schedule& a, const Schedule& b) {
    for (const double progress : {0.0, 0.25, 0.5, 1.0}) {
        if (a(progress) != b(progress)) return false;
    }
    return true;
}
bool same(const Mlp& a, const Mlp& b) {
    return a.hidden == b.hidden && a.activation == b.activation && a.layer_norm == b.layer_norm &&
           a.normalize_observations == b.normalize_observations && !a.inputs && !b.inputs;
}
bool same(const std::optional<Range>& a, const std::optional<Range>& b) { return !a && !b; }
bool same(const std::vector<NetworkPart>& a, const std::vector<NetworkPart>& b) { return a.empty() && b.empty(); }
bool same(const NetworkPart& a, const NetworkPart& b) {
    return same(std::get<Mlp>(a.description), std::get<Mlp>(b.description));
}
bool same(const RecurrentPart& a, const RecurrentPart& b) {
    const Gru &x = std::get<Gru>(a.description), &y = std::get<Gru>(b.description);
    return x.before == y.before && x.units == y.units && x.after == y.after && x.activation == y.activation &&
           x.layer_norm == y.layer_norm && x.normalize_observations == y.normalize_observations && !x.inputs &&
           !y.inputs;
}
bool same(const Matrix<double>& a, const Matrix<double>& b) { return a.size() == 0 && b.size() == 0; }
bool same(const MetricMeans& a, const MetricMeans& b) { return a.empty() && b.empty(); }
bool same(const Curve& a, const Curve& b) { return a.rows() == 0 && b.rows() == 0; }
bool same(const Evaluation& a, const Evaluation& b) { return a.episodes == b.episodes && same(a.metrics, b.metrics); }
bool same(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) { return a.empty() && b.empty(); }
bool same(std::span<const float> a, std::span<const float> b) { return a.empty() && b.empty(); }
bool same(const RunSeries& a, const RunSeries& b) { return a.table().rows() == 0 && b.table().rows() == 0; }
bool same(const std::optional<RecordedEvaluation>& a, const std::optional<RecordedEvaluation>& b) { return !a && !b; }
bool same(const Recording& a, const Recording& b) { return a.episodes.empty() && b.episodes.empty(); }
bool same(const std::vector<Quartiles>& a, const std::vector<Quartiles>& b) { return a.empty() && b.empty(); }

template <class T, std::size_t fields>
Struct defaults_of(const char* name, const Field (&table)[fields]) {
    static_assert(fields == gradiva_test::field_count<T>(),
                  "every field of the struct needs its default in this table");
    return {name, {table, table + fields}};
}

#define GRADIVA_DEFAULTS(Type, ...)                     \
    [] {                                                \
        const Type given{};                             \
        return defaults_of<Type>(#Type, {__VA_ARGS__}); \
    }()
#define IS(field, ...)                                                                                                 \
    Field {                                                                                                            \
#field, #__VA_ARGS__, reinterpret_cast < const char*>(&given.field) - reinterpret_cast < const char*>(&given), \
            same(given.field, __VA_ARGS__)                                                                             \
    }

std::vector<Struct> table() {
    return {
#include "architecture/defaults_table.hpp"
    };
}

std::string text_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(fs::path(GRADIVA_SOURCE_DIR) / path).rdbuf();
    return text.str();
}

/// The structs of namespace gradiva in a header that give a field a default.
std::set<std::string> structs_with_defaults(const fs::path& header) {
    std::set<std::string> found;
    std::istringstream lines(text_of(header));
    std::string open;
    int depth = 0;  // of namespaces
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("namespace ")) depth += line == "namespace GRADIVA_NAMESPACE {" ? 1 : 2;
        if (line.starts_with("}  // namespace")) depth -= line == "}  // namespace GRADIVA_NAMESPACE" ? 1 : 2;
        if (line.starts_with("struct ") && line.ends_with("{")) open = line.substr(7, line.find(' ', 7) - 7);
        if (line == "};") open.clear();
        const bool field = line.starts_with("    ") && !line.starts_with("     ") && !line.starts_with("    static") &&
                           !line.starts_with("    using") && line.find(" = ") < line.find('(') &&
                           line.find(';') != std::string::npos;
        if (depth == 1 && !open.empty() && field) found.insert(open);
    }
    return found;
}

}  // namespace

TEST_CASE("Every default is what the table says") {
    for (const Struct& of : table()) {
        std::ptrdiff_t last = -1;
        for (const Field& field : of.fields) {
            CAPTURE(of.name, field.name, field.value);
            CHECK(field.holds);
            CHECK(field.place > last);  // in the order in which they are given
            last = field.place;
        }
    }
}

TEST_CASE("Arguments of constructors have the defaults that are written out here") {
    CHECK(Threads().count() == 1);
    CHECK(EpsilonGreedy<float>(3).epsilon() == EpsilonGreedy<float>(3, 0.1).epsilon());

    const Box interval{.size = 1, .low = {-1}, .high = {1}};
    std::vector<double> log_std = {9};
    DiagonalGaussian<double>(1).initialise(log_std);
    CHECK(log_std == std::vector<double>{0});
    log_std = {9};
    SquashedGaussian<double>(interval).initialise(log_std);
    CHECK(log_std == std::vector<double>{0});
    StateDependentGaussian<double>::Tape tape;
    StateDependentGaussian<double>(1).forward(Matrix<double>::Zero(2, 1), {}, tape);
    CHECK(tape.log_std(0, 0) == 0);

    const auto weights = [](const auto& network) {
        return std::vector<float>(network.parameters().begin(), network.parameters().end());
    };
    const Rng rng(1, Purpose::initialisation);
    CHECK(weights(MlpNetwork<float>(3, 2, Mlp{}, rng)) == weights(MlpNetwork<float>(3, 2, Mlp{}, rng, 1)));
    using Trunk = TrunkNetwork<float>;
    CHECK(weights(Trunk(3, 2, SharedTrunk{}, rng)) == weights(Trunk(3, 2, SharedTrunk{}, rng, 1)));
}

TEST_CASE("The table of defaults names every struct that has any") {
    std::set<std::string> named = {"Rollout",          "AnyTape",    "AnyRecurrentTape", "StepWatch",
                                   "ConvolutionShape", "Dense",      "LayerNorm",        "Shape",
                                   "RecordedFrame",  // which the library makes itself
                                   "RecordedEpisode",  "Recording",  "ModuleCheck",      "UpdateReport",
                                   "RunFacts",         "RunHistory", "PolicyMeasures",   "Finding",
                                   "RunJudgement",     "Progress",   "LearnerProgress"};  // see progress.test.cpp
    for (const Struct& of : table()) CHECK(named.insert(of.name).second);
    std::size_t found = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(GRADIVA_SOURCE_DIR) / "include/gradiva")) {
        if (entry.path().extension() != ".hpp") continue;
        for (const std::string& name : structs_with_defaults(entry.path())) {
            CAPTURE(name);
            CHECK(named.count(name) == 1);
            ++found;
        }
    }
    CHECK(found == named.size() - 1);  // a SharedTrunk takes its from Mlp
}

TEST_CASE("The README lists every trainer's options, with their defaults, as the table does") {
    const std::string readme = text_of("README.md"), suffix = "Options";
    std::size_t rows = 0;
    for (const Struct& of : table()) {
        const auto is_threads = [](const Field& field) { return field.name == "threads"; };
        const bool of_trainer = std::any_of(of.fields.begin(), of.fields.end(), is_threads);
        if (!of_trainer || of.name == "TrainerOptions" || of.name == "SeedOptions") continue;
        std::string list;
        for (const Field& field : of.fields)
            list += (list.empty() ? "`" : ", `") + field.name + " = " + field.value + "`";
        const std::string trainer =
            of.name == "AnalyticOptions" ? "AnalyticPolicyGradient" : of.name.substr(0, of.name.size() - suffix.size());
        const std::string row = "| `" + trainer + "`, `" + of.name + "` | " + list + " |";
        INFO("the README lacks this line:\n" << row);
        CHECK(readme.find('\n' + row + '\n') != std::string::npos);
        ++rows;
    }
    CHECK(rows == 9);
}
