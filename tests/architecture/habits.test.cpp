// What every header keeps to: it includes what it uses of the standard library, has a test, and explains its types.
#include "catch.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

std::string text_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

/// Paths relative to include/gradiva/, for example "core/rng.hpp", with their text.
std::map<std::string, std::string> headers() {
    const fs::path root = fs::path(GRADIVA_SOURCE_DIR) / "include/gradiva";
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        if (entry.is_regular_file())
            all[entry.path().lexically_relative(root).generic_string()] = text_of(entry.path());
    }
    return all;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// Without what stands in raw strings, such as scripts.
std::string without_raw_strings(std::string text) {
    for (std::size_t at = 0; (at = text.find("R\"", at)) != std::string::npos;) {
        const std::size_t open = text.find('(', at);
        if (open == std::string::npos) break;
        const std::string close = ")" + text.substr(at + 2, open - at - 2) + "\"";
        const std::size_t end = text.find(close, open);
        if (end == std::string::npos) break;
        text.replace(at, end + close.size() - at, "\"\"");
        at += 2;
    }
    return text;
}

/// The code of a header, without comments and texts.
std::string code_of(const std::string& text) {
    std::string code;
    for (std::string line : lines_of(without_raw_strings(text))) {
        line = std::regex_replace(line, std::regex(R"("(\\.|[^"\\])*")"), "\"\"");
        code += line.substr(0, line.find("//")) + '\n';
    }
    return code;
}

/// Where the standard says that a name is declared.
const std::map<std::string, Names>& standard_headers() {
    static const auto table = [] {
        const std::map<std::string, std::string> names_of{
            {"algorithm",
             "all_of any_of none_of clamp copy copy_n equal fill fill_n find find_if for_each lower_bound max "
             "max_element min min_element minmax_element reverse shuffle sort swap_ranges transform "
             "upper_bound generate count count_if is_sorted rotate nth_element partial_sort remove_if"},
            {"array", "array"},
            {"atomic", "atomic atomic_ref memory_order_acquire memory_order_relaxed memory_order_release"},
            {"bit", "bit_cast bit_ceil bit_floor popcount countr_zero has_single_bit"},
            {"charconv", "from_chars to_chars from_chars_result to_chars_result"},
            {"chrono", "chrono"},
            {"cmath",
             "abs acos ceil cos erf exp exp2 expm1 floor fma hypot isfinite isinf isnan lgamma llround log log1p "
             "log2 lround nextafter pow round sin sqrt tan tanh frexp ldexp atan2 signbit remainder copysign ilogb"},
            {"concepts",
             "same_as derived_from convertible_to constructible_from copy_constructible copyable "
             "default_initializable destructible equality_comparable floating_point integral invocable "
             "move_constructible movable predicate regular semiregular signed_integral unsigned_integral"},
            {"condition_variable", "condition_variable"},
            {"cstddef", "size_t ptrdiff_t byte max_align_t"},
            {"cstdint", "int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t uintmax_t uintptr_t"},
            {"cstdio", "fprintf fputs fflush fopen fclose fwrite FILE"},
            {"cstdlib", "abort exit getenv"},
            {"cstring", "memcpy memset memcmp strlen"},
            {"exception", "exception exception_ptr current_exception rethrow_exception uncaught_exceptions terminate"},
            {"filesystem", "filesystem"},
            {"fstream", "ifstream ofstream fstream"},
            {"functional", "function reference_wrapper invoke plus less"},
            {"initializer_list", "initializer_list"},
            {"iterator", "back_inserter distance next prev begin end size data"},
            {"limits", "numeric_limits"},
            {"locale", "locale"},
            {"map", "map multimap"},
            {"memory",
             "unique_ptr shared_ptr make_unique make_shared addressof construct_at destroy_at allocator "
             "assume_aligned"},
            {"mutex", "mutex lock_guard unique_lock scoped_lock once_flag call_once"},
            {"new", "align_val_t bad_alloc nothrow"},
            {"numbers", "numbers"},
            {"numeric", "accumulate iota inner_product reduce gcd lcm partial_sum"},
            {"optional", "optional nullopt make_optional"},
            {"set", "set multiset"},
            {"span", "span dynamic_extent as_bytes"},
            {"stdexcept", "runtime_error logic_error invalid_argument"},
            {"sstream", "istringstream ostringstream stringstream"},
            {"string", "string to_string stoi stod getline"},
            {"string_view", "string_view"},
            {"system_error", "error_code errc system_error"},
            {"thread", "thread jthread this_thread"},
            {"tuple", "tuple tie make_tuple tuple_size tuple_element tuple_element_t apply ignore"},
            {"type_traits",
             "is_same_v is_void_v is_arithmetic_v is_base_of_v is_const_v is_convertible_v is_empty_v is_enum_v "
             "is_floating_point_v is_integral_v is_invocable_v is_invocable_r_v is_lvalue_reference_v is_reference_v "
             "is_trivially_copyable_v is_trivially_destructible_v is_constructible_v is_class_v is_aggregate_v "
             "is_copy_constructible_v is_copy_assignable_v is_default_constructible_v is_final_v remove_cv_t "
             "remove_cvref_t remove_const_t "
             "remove_reference_t conditional_t decay_t enable_if_t invoke_result_t integral_constant bool_constant "
             "true_type false_type type_identity_t type_identity add_const_t make_unsigned_t make_signed_t "
             "underlying_type_t void_t"},
            {"utility",
             "move forward swap pair make_pair exchange as_const declval index_sequence "
             "make_index_sequence integer_sequence make_integer_sequence in_place"},
            {"variant", "variant visit holds_alternative get_if monostate"},
            {"vector", "vector"},
        };
        std::map<std::string, Names> headers_of;
        for (const auto& [header, names] : names_of) {
            std::istringstream each(names);
            for (std::string name; each >> name;) headers_of[name].push_back(header);
        }
        return headers_of;
    }();
    return table;
}

/// One sentence for each name of the standard library whose header is not included.
Names missing_includes(const std::string& header, const std::string& text) {
    std::set<std::string> included;
    for (const std::string& line : lines_of(text)) {
        std::smatch match;
        if (std::regex_match(line, match, std::regex(R"(\s*#\s*include <([a-z_]+)>.*)"))) included.insert(match[1]);
    }
    std::set<std::string> missing;
    const std::string code = code_of(text);
    const std::regex name(R"(\bstd::([a-z_0-9A-Z]+))");
    for (auto i = std::sregex_iterator(code.begin(), code.end(), name); i != std::sregex_iterator(); ++i) {
        const auto known = standard_headers().find((*i)[1]);
        if (known == standard_headers().end()) continue;
        const Names& any = known->second;
        if (std::none_of(any.begin(), any.end(), [&](const std::string& h) { return included.contains(h); })) {
            missing.insert(header + " uses std::" + known->first + " without <" + any.front() + ">");
        }
    }
    return {missing.begin(), missing.end()};
}

/// The public types of a header that have no comment before them: structs, classes and concepts at the beginning of a
/// line, outside of namespaces named detail.
Names without_comment(const std::string& header, const std::string& text) {
    Names found;
    bool in_detail = header.find("detail/") != std::string::npos;
    const Names lines = lines_of(text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::smatch match;
        if (std::regex_search(lines[i], std::regex(R"(^namespace .*\bdetail\b.*\{)"))) in_detail = true;
        if (std::regex_search(lines[i], std::regex(R"(^\}  // namespace .*\bdetail$)"))) in_detail = false;
        if (in_detail) continue;
        if (!std::regex_search(
                lines[i], match,
                std::regex(
                    R"(^(?:struct|class|enum class|concept) (?:alignas\(\w+\) )?(\w+)(?: final)?(?: :.*| =.*)?(?: \{.*)?$)"))) {
            continue;
        }
        if (lines[i].ends_with(';') && !lines[i].starts_with("concept")) continue;  // a declaration, or a tag
        std::size_t above = i;
        while (above > 0 && !lines[above - 1].empty() && !lines[above - 1].starts_with("//") &&
               !lines[above - 1].starts_with("}")) {
            --above;  // the head of a template
        }
        if (above == 0 || !lines[above - 1].starts_with("///")) found.push_back(header + ": " + std::string(match[1]));
    }
    return found;
}

/// Public headers without a test of their own name, and where they are tested instead.
const std::map<std::string, std::string>& tested_elsewhere() {
    static const std::map<std::string, std::string> table{
        {"algorithms/algorithm_of.hpp", "tests/agents/learner.test.cpp"},
        {"callbacks/policy_measures.hpp", "tests/callbacks/doctor.test.cpp"},
        {"core/column_by_column.hpp", "tests/policy/column_by_column.test.cpp"},
        {"core/disk.hpp", "tests/io/detail/durable_file.test.cpp"},
        {"core/draws_from_a_copy.hpp", "tests/policy/controller.test.cpp"},
        {"io/recording.hpp", "tests/io/record_episodes.test.cpp"},
        {"io/replay.hpp", "tests/io/flight_record.test.cpp"},
        {"io/policy_description.hpp", "tests/io/describe_policy.test.cpp"},
        {"distributions/forward_and_mode.hpp", "tests/distributions/categorical.test.cpp"},
        {"core/language.hpp", "tests/compile_errors/ofast.cpp"},
        {"core/namespace.hpp", "tests/mixed_targets/CMakeLists.txt"},
        {"core/positional.hpp", "tests/compile_errors/train_with_steps_alone.cpp"},
        {"core/random/normal.hpp", "tests/core/rng.test.cpp"},
        {"core/random/philox.hpp", "tests/core/rng.test.cpp"},
        {"core/state_difference.hpp", "tests/core/state.test.cpp"},
        {"core/state_image.hpp", "tests/core/state.test.cpp"},
        {"core/state_piece.hpp", "tests/core/state.test.cpp"},
        {"core/state_reader.hpp", "tests/core/state.test.cpp"},
        {"core/state_text.hpp", "tests/core/state.test.cpp"},
        {"env/env_factory.hpp", "tests/env/vectorized.test.cpp"},
        {"env/spaces_only.hpp", "tests/rollout/recorded_rollout.test.cpp"},
        {"env/vector_env.hpp", "tests/rollout/own_vector_env.test.cpp"},
        {"forward.hpp", "tests/architecture/forward.test.cpp"},
        {"gradiva.hpp", "tests/odr/one.cpp"},
        {"io.hpp", "tests/io/safetensors_interoperability.test.cpp"},
        {"nn/any_layers.hpp", "tests/nn/join.test.cpp"},
        {"nn/join_layers.hpp", "tests/nn/join.test.cpp"},
        {"nn/explain_module.hpp", "tests/compile_errors/network_without_backward.cpp"},
        {"nn/mlp_description.hpp", "tests/nn/mlp.test.cpp"},
        {"nn/layered_network.hpp", "tests/nn/mlp.test.cpp"},
        {"nn/mlp_structure.hpp", "tests/nn/mlp.test.cpp"},
        {"nn/packed_weights.hpp", "tests/nn/mlp_widths.test.cpp"},
        {"nn/visit_module.hpp", "tests/train/resumed_parts.test.cpp"},
        {"nn/observation_moments.hpp", "tests/train/normalization.test.cpp"},
        {"nn/recurrence.hpp", "tests/nn/recurrent_layers.test.cpp"},
        {"nn/recurrent_description.hpp", "tests/nn/recurrent_layers.test.cpp"},
        {"kernels/bernoulli.hpp", "tests/distributions/bernoulli.test.cpp"},
        {"kernels/gaussian_lanes.hpp", "tests/kernels/gaussian.test.cpp"},
        {"kernels/matrix/blocked_product.hpp", "tests/kernels/matrix/product.test.cpp"},
        {"kernels/matrix/column_product.hpp", "tests/kernels/matrix/product.test.cpp"},
        {"kernels/matrix/few_inputs.hpp", "tests/kernels/matrix/product.test.cpp"},
        {"kernels/matrix/panel.hpp", "tests/kernels/matrix/product.test.cpp"},
        {"kernels/matrix/row_product.hpp", "tests/kernels/matrix/product.test.cpp"},
        {"kernels/matrix/strided.hpp", "tests/kernels/matrix/product.test.cpp"},
        {"kernels/matrix/tile.hpp", "tests/kernels/matrix/product.test.cpp"},
        {"kernels/reparameterise.hpp", "tests/kernels/gaussian.test.cpp"},
        {"kernels/scan.hpp", "tests/kernels/advantage_scan.test.cpp"},
        {"kernels/softmax/categorical_gradient.hpp", "tests/kernels/softmax/categorical.test.cpp"},
        {"kernels/softmax/softmax_batch.hpp", "tests/kernels/softmax/log_softmax.test.cpp"},
        {"learn/analytic_gradient.hpp", "tests/algorithms/analytic_policy_gradient.test.cpp"},
        {"learn/descent_part.hpp", "tests/learn/minibatch_descent.test.cpp"},
        {"learn/trust_region_options.hpp", "tests/learn/trust_region.test.cpp"},
        {"rollout/step_watch.hpp", "tests/io/flight_record.test.cpp"},
        {"learn/update_report.hpp", "tests/algorithms/every_option.test.cpp"},
        {"nn/layer_norm.hpp", "tests/nn/mlp_layer_norm.test.cpp"},
        {"policy/check_fit.hpp", "tests/train/action_mask.test.cpp"},
        {"policy/check_head.hpp", "tests/policy/acting.test.cpp"},
        {"policy/explain.hpp", "tests/compile_errors/acting_for_no_environment.cpp"},
        {"policy/greedy_value.hpp", "tests/train/action_mask.test.cpp"},
        {"policy/network_with_value.hpp", "tests/policy/shared_trunk.test.cpp"},
        {"policy/trunk_network.hpp", "tests/policy/shared_trunk.test.cpp"},
        {"rollout/column_passes.hpp", "tests/train/estimate.test.cpp"},
        {"rollout/sample_batch.hpp", "tests/learn/losses.test.cpp"},
        {"surrogate/simd.hpp", "tests/surrogate/numbers.test.cpp"},
        {"surrogate/surrogate_sum.hpp", "tests/surrogate/surrogate.test.cpp"},
        {"train/observation_statistics.hpp", "tests/train/normalization.test.cpp"},
        {"train/train_options.hpp", "tests/train/train_loop.test.cpp"},
        {"version.hpp", "tests/consumer/CMakeLists.txt"},
    };
    return table;
}

/// Whether a test's name is that of the header, or begins with it.
bool has_mirrored_test(const fs::path& header) {
    const fs::path folder = fs::path(GRADIVA_SOURCE_DIR) / "tests" / header.parent_path();
    if (!fs::exists(folder)) return false;
    const std::string stem = header.stem().string();
    return std::any_of(fs::directory_iterator(folder), fs::directory_iterator{}, [&](const fs::directory_entry& entry) {
        const std::string name = entry.path().filename().string();
        return name.starts_with(stem) && (name.ends_with(".test.cpp") || name.ends_with(".program.cpp"));
    });
}

/// Parts of code in namespace gradiva::detail.
std::string detail_code_of(const std::string& code) {
    static const std::regex opening(R"(namespace (GRADIVA_NAMESPACE::)?detail \{)");
    std::string found;
    for (std::sregex_iterator it(code.begin(), code.end(), opening), end; it != end; ++it) {
        std::size_t at = static_cast<std::size_t>(it->position() + it->length());
        for (int depth = 1; depth > 0 && at < code.size(); ++at) {
            depth += code[at] == '{' ? 1 : code[at] == '}' ? -1 : 0;
            if (depth > 0) found += code[at];
        }
    }
    return found;
}

/// What stands outside of all braces.
std::string outermost(const std::string& code) {
    std::string found;
    int depth = 0;
    for (const char c : code) {
        depth -= c == '}' ? 1 : 0;
        if (depth == 0) found += c;
        depth += c == '{' ? 1 : 0;
    }
    return found;
}

std::set<std::string> matches_of(const std::string& code, const std::regex& pattern) {
    std::set<std::string> found;
    for (std::sregex_iterator it(code.begin(), code.end(), pattern), end; it != end; ++it) found.insert((*it)[1]);
    return found;
}

/// Types, concepts, functions and variables that code of namespace gradiva::detail declares.
std::set<std::string> detail_names_of(const std::string& code) {
    static const std::regex type(R"(\b(?:struct|class|concept|using) (\w+))");
    static const std::regex function_or_variable(R"([\w>&*] [&*]?(\w+)(?:<[^<>{};]*>)?(?:\(|\{| = ))");
    const std::string outside = outermost(detail_code_of(code));
    std::set<std::string> names = matches_of(outside, type);
    names.merge(matches_of(outside, function_or_variable));
    for (const char* keyword : {"requires", "alignas", "decltype", "defined"}) names.erase(keyword);
    return names;
}

/// Whether the code declares such a type or template parameter itself.
bool has_own(const std::string& code, const std::string& name) {
    return std::regex_search(code, std::regex(R"((?:class|typename|struct|concept|using)\s+)" + name + R"(\b)"));
}

/// Names in `detail` of one room that stand in the code of another, as "room/file.hpp: name". A name that both declare
/// is each room's own.
Names borrowed_details(const std::map<std::string, std::string>& code_of_file) {
    static const std::regex qualified(R"((?:^|[^:])\bdetail::(\w+))"), word(R"((?:^|[^\w.>:])([A-Za-z_]\w+))");
    static const std::regex of_namespace(R"(\b((?:kernels|simd)::detail::\w+))");
    const auto room_of = [](const std::string& file) { return file.substr(0, file.find('/')); };
    const auto is_nested = [](const std::string& code) {
        return code.find("namespace GRADIVA_NAMESPACE::kernels") != std::string::npos ||
               code.find("namespace GRADIVA_NAMESPACE::simd") != std::string::npos;
    };
    std::map<std::string, std::set<std::string>> rooms_of_name;
    for (const auto& [file, code] : code_of_file) {
        if (is_nested(code)) continue;  // kernels::detail, simd::detail
        for (const std::string& name : detail_names_of(code)) rooms_of_name[name].insert(room_of(file));
    }
    Names found;
    for (const auto& [file, code] : code_of_file) {
        std::set<std::string> used = matches_of(code, qualified);
        used.merge(matches_of(detail_code_of(code), word));
        for (const std::string& name : used) {
            const auto rooms = rooms_of_name.find(name);
            if (rooms == rooms_of_name.end() || rooms->second.count(room_of(file)) > 0 || has_own(code, name)) continue;
            found.push_back(file + ": " + name);
        }
        if (is_nested(code)) continue;
        for (const std::string& name : matches_of(code, of_namespace)) found.push_back(file + ": " + name);
    }
    return found;
}

}  // namespace

TEST_CASE("every public header has a test that mirrors it, or one that is named here") {
    Names untested, mirrored;
    for (const auto& [header, unused] : headers()) {
        const bool listed = tested_elsewhere().contains(header);
        if (has_mirrored_test(header)) {
            if (listed) mirrored.push_back(header);
        } else if (!listed && header.find("detail/") == std::string::npos) {
            untested.push_back(header);
        }
    }
    CHECK(untested == Names{});
    CHECK(mirrored == Names{});  // these need no line in the table
    for (const auto& [header, test] : tested_elsewhere()) {
        CAPTURE(header, test);
        CHECK(fs::exists(fs::path(GRADIVA_SOURCE_DIR) / "include/gradiva" / header));
        CHECK(fs::exists(fs::path(GRADIVA_SOURCE_DIR) / test));
    }
}

TEST_CASE("every file that docs/architecture.md names is there") {
    const std::string text = text_of(fs::path(GRADIVA_SOURCE_DIR) / "docs/architecture.md");
    const std::regex name(R"(`([a-z_/0-9]+\.(?:hpp|cpp|test\.cpp|sh))`)");
    const std::map<std::string, std::string> all = headers();
    for (auto i = std::sregex_iterator(text.begin(), text.end(), name); i != std::sregex_iterator(); ++i) {
        const std::string file = (*i)[1];
        CAPTURE(file);
        const bool is_header = std::any_of(all.begin(), all.end(), [&](const auto& header) {
            return header.first == file || header.first.ends_with('/' + file);
        });
        CHECK((is_header || fs::exists(fs::path(GRADIVA_SOURCE_DIR) / file) ||
               fs::exists(fs::path(GRADIVA_SOURCE_DIR) / "tests/algorithms" / file)));
    }
}

TEST_CASE("every header includes what it uses of the standard library") {
    Names missing;
    for (const auto& [header, text] : headers()) {
        for (const std::string& sentence : missing_includes(header, text)) missing.push_back(sentence);
    }
    CHECK(missing == Names{});
}

TEST_CASE("a missing include is found, and neither in comments nor in texts") {
    CHECK(missing_includes("a.hpp", "#include <vector>\nstd::vector<int> x;") == Names{});
    CHECK(missing_includes("a.hpp", "#include <span>\nstd::vector<int> x;") ==
          Names{"a.hpp uses std::vector without <vector>"});
    CHECK(missing_includes("a.hpp", "// std::vector\nconst char* x = \"std::vector\";") == Names{});
}

TEST_CASE("every public type has a comment") {
    Names found;
    for (const auto& [header, text] : headers()) {
        if (header == "forward.hpp") continue;  // declarations
        for (const std::string& type : without_comment(header, text)) found.push_back(type);
    }
    CHECK(found == Names{});
}

TEST_CASE("a type without a comment is found, in detail it is let be") {
    CHECK(without_comment("a.hpp", "\nstruct A {\n};") == Names{"a.hpp: A"});
    CHECK(without_comment("a.hpp", "/// What it is.\nstruct A {\n};") == Names{});
    CHECK(without_comment("a.hpp", "/// What it is.\ntemplate <class T>\nclass A {\n};") == Names{});
    CHECK(without_comment("a.hpp", "\nenum class A : int {\n};") == Names{"a.hpp: A"});
    CHECK(without_comment("a.hpp", "\ntemplate <class T>\nconcept A = true;") == Names{"a.hpp: A"});
    CHECK(without_comment("a.hpp", "namespace detail {\n\nstruct A {\n};\n\n}  // namespace detail\n") == Names{});
}

TEST_CASE("no header uses a name from the namespace detail of another room") {
    std::map<std::string, std::string> code_of_file;
    for (const auto& [file, text] : headers()) code_of_file[file] = code_of(text);
    CHECK(borrowed_details(code_of_file) == Names{});
}

TEST_CASE("a name from another room's detail is found, qualified or not, and one of the own room is let be") {
    const std::string own =
        "namespace GRADIVA_NAMESPACE::detail {\ntemplate <class T>\nconcept HasSize = true;\n"
        "inline int count_all(int x) { return x; }\ninline constexpr int limit = 3;\n}\n";
    const auto with = [&](const std::string& file, const std::string& code) {
        return borrowed_details({{"env/space.hpp", own}, {file, code}});
    };
    CHECK(with("nn/mlp.hpp", "int x = detail::count_all(1);") == Names{"nn/mlp.hpp: count_all"});
    CHECK(with("nn/mlp.hpp", "namespace detail {\nint y = limit;\n}") == Names{"nn/mlp.hpp: limit"});
    CHECK(with("nn/mlp.hpp", "template <detail::HasSize V>\nvoid f();") == Names{"nn/mlp.hpp: HasSize"});
    CHECK(with("nn/mlp.hpp", "int limit = 2; int x = kernels::limit;") == Names{});
    CHECK(with("nn/mlp.hpp", "int x = kernels::detail::limit;") == Names{"nn/mlp.hpp: kernels::detail::limit"});
    CHECK(with("env/box.hpp", "int x = detail::count_all(1);") == Names{});
}
