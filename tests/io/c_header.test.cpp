// What the headers compute is checked by compiling them: tests/io/c_headers.
#include "gradiva/io/c_header.hpp"

#include <clocale>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "helpers/temporary_folder.hpp"
#include "io/described_networks.hpp"
#include "io/policy_table.hpp"
#include "io/sequences_with_memory.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// A linear policy of one observation and two real numbers within bounds.
PolicyDescription small_policy(std::vector<double> weight = {0.1, -2}, Dtype scalar = Dtype::f32) {
    using Reals = DescribedDistribution::Reals;
    return {.scalar = scalar,
            .spaces = {.observation = {.size = 1}, .action = Box{.size = 2, .low = {-1}, .high = {1}}},
            .network = {.layers = {{.inputs = 1, .outputs = 2, .weight = std::move(weight), .bias = {0, 1e-40}}}},
            .distribution = {.reals = Reals::gaussian, .dimensions = 2, .own_parameters = {0, 0}}};
}

std::string text_of(const PolicyDescription& policy, const std::string& name = "walker") {
    return detail::c_header(policy, name);
}

/// The header of a policy in float of `policies_with_shape`.
std::string text_with_shape(const std::string& name) {
    for (const NamedPolicy& row : policies_with_shape(Dtype::f32)) {
        if (row.name != name) continue;
        return detail::c_header_of<float>(row.policy, computed_examples(row.policy), "walker");
    }
    return "no policy";
}

std::vector<float> numbers_in_float(const std::vector<double>& numbers) { return {numbers.begin(), numbers.end()}; }

/// The numbers of an array in the text.
template <class T>
std::vector<T> numbers_of(const std::string& text, const std::string& array) {
    std::smatch found;
    const std::regex pattern(" " + array + "\\[[0-9]+\\] = \\{([^}]*)\\}");
    if (!std::regex_search(text, found, pattern)) return {};
    const std::string list = found[1];
    std::vector<T> numbers;
    const std::regex number("[-0-9.e+]+");
    for (auto i = std::sregex_iterator(list.begin(), list.end(), number); i != std::sregex_iterator(); ++i) {
        const std::string digits = (*i)[0];
        numbers.push_back(std::is_same_v<T, float> ? static_cast<T>(std::strtof(digits.c_str(), nullptr))
                                                   : static_cast<T>(std::strtod(digits.c_str(), nullptr)));
    }
    return numbers;
}

}  // namespace

TEST_CASE("a C header of an actor has the names that its options give") {
    const TemporaryFolder folder("c_header");
    with_policy<float>("", Categorical<float>(4), Discrete{.n = 4}, true, {}, [&](const auto&, const auto& actor) {
        export_c(folder / "a.h", actor, {.name = "Walker2"});
        export_c(folder / "b.h", describe_policy(actor));
    });
    CHECK(folder.names() == std::set<std::string>{"a.h", "b.h"});
    const std::string text = read_text(folder / "a.h");
    CHECK_THAT(text, ContainsText("#define WALKER2_OBSERVATION_SIZE 3\n#define WALKER2_MASK_SIZE 4\n"
                                  "#define WALKER2_HEAD_SIZE 4\n#define WALKER2_ACTION_SIZE 1\n"
                                  "#define WALKER2_STATE_SIZE 0\n"));
    CHECK_THAT(text, ContainsText("static inline int Walker2_act(const float* observation, const unsigned char* mask, "
                                  "float* state, Walker2_action* action)\n"));
    CHECK_THAT(text, ContainsText("typedef int Walker2_action;\n"));
    CHECK_THAT(text, ContainsText("static inline int Walker2_self_test(void)\n"));
    CHECK_THAT(text, ContainsText("static inline void Walker2_reset(float* state)\n"));
    CHECK(text.find("policy_") == std::string::npos);
    CHECK(text.find("POLICY_") == std::string::npos);
    CHECK(text.find('$') == std::string::npos);
    CHECK_THAT(read_text(folder / "b.h"), ContainsText("#define POLICY_MASK_SIZE 4\n"));
}

TEST_CASE("a C header of an actor that was built from parts needs the environments") {
    const TemporaryFolder folder("c_header");
    const Vectorized envs(CartPole{}, {.count = 1});
    const Actor actor(MlpNetwork<float>(4, 2, Mlp{.hidden = {3}}, Rng(1)), Categorical<float>(2));
    CHECK_THROWS_WITH(export_c(folder / "a.h", actor), ContainsText("was not built from environments"));
    export_c(folder / "a.h", actor, envs, {.name = "cart"});
    CHECK_THAT(read_text(folder / "a.h"), ContainsText("#define CART_OBSERVATION_SIZE 4\n"));
}

TEST_CASE("the first comment of a C header says what the policy is") {
    const std::string text = text_of(small_policy());
    CHECK(text.starts_with("/* walker_act: a policy as C99 and C++, written by Gradiva 0.1.0."));
    CHECK_THAT(text, ContainsText("Action        Box(2), floats\n"));
    CHECK_THAT(text, ContainsText("Network       1 - 2, linear, in float\n"));
    CHECK_THAT(text, ContainsText("Distribution  DiagonalGaussian, the mean\n"));
    // Two weights, two biases and four bounds; examples of one observation, two rows of the head and two actions.
    CHECK_THAT(text, ContainsText("Constants     32 bytes (flash); 160 more"));
    CHECK_THAT(text, ContainsText("Stack         8 bytes of arrays"));
    with_policy<double>("", Hybrid<double, Beta<double>>(3, Beta<double>(table_box)),
                        HybridSpace{.choice = {.n = 3}, .box = table_box}, true,
                        {.mlp = {.hidden = {20, 30}, .layer_norm = true, .normalize_observations = true}},
                        [](const auto&, const auto& actor) {
                            const std::string other = text_of(describe_policy(actor));
                            CHECK_THAT(other, ContainsText("Observation   3 numbers, as the environment writes them; "
                                                           "normalised here, in double\n"));
                            CHECK_THAT(other, ContainsText("Action        HybridSpace(Discrete(3), Box(2)), a struct "
                                                           "of choice and values\n"));
                            CHECK_THAT(other, ContainsText("3 - 20 - 30 - 7, tanh, layer normalisation, in double\n"));
                            CHECK_THAT(other, ContainsText("Hybrid, the most probable choice and Beta, the mode\n"));
                            CHECK_THAT(other, ContainsText("Stack         456 bytes of arrays"));  // 7 + 20 + 30
                            CHECK_THAT(other, ContainsText("The second argument is a mask"));
                            CHECK_THAT(other, ContainsText("    int choice;\n    float values[2];\n} walker_action;"));
                        });
}

TEST_CASE("the first comment of a C header says what networks with shape are, and what they take") {
    const std::string image = text_with_shape("convolutions");
    CHECK_THAT(image, ContainsText("Network       7 x 6 x 2 - 7 x 6 x 9 - 5 x 4 x 8 - 3 x 2 x 5 - 20 - 3, elu, in "
                                   "float\n"));
    CHECK_THAT(image, ContainsText("Stack         2164 bytes"));  // 7 x 6 x 9, 5 x 4 x 8 and the head
    CHECK_THAT(image, ContainsText("Observation   84 numbers, as the environment writes them; normalised here"));
    const std::string several = text_with_shape("networks side by side");
    CHECK_THAT(several, ContainsText("Network       (rows 4 to 78: 5 x 5 x 3 - 2 x 2 x 4 - 6, relu, layer "
                                     "normalisation) and (rows 2 to 5: 4 - 9 - 8, silu, layer normalisation) and "
                                     "(rows 80 to 82: 3) and (rows 82 to 85: 4) - 7 - 3, gelu, in float\n"));
    CHECK_THAT(several, ContainsText("Stack         176 bytes"));  // 16 and 4 between layers, 21 side by side, the head
    CHECK_THAT(text_with_shape("one linear layer of some rows"), ContainsText("#define WALKER_OBSERVATION_SIZE 9\n"));
    CHECK_THAT(text_with_shape("one linear layer of some rows"),
               ContainsText("Network       rows 0 to 4: 5 - 3, linear, in float\n"));
}

TEST_CASE("a C header of a policy with memory says what its state is, and counts it") {
    const std::vector<NamedPolicy> floats = exported_memories(Dtype::f32), doubles = exported_memories(Dtype::f64);
    // Rows of the observation, a layer before, 7 units, two layers after.
    const std::string text = text_of(floats[0].policy);
    CHECK_THAT(text, ContainsText("Network       4 - 5 - Gru of 7 - 6 - 9 - 4, tanh, layer normalisation, in float\n"));
    // Head and state after, 9 and 6 between layers, twice the 21 of the gates: 68 numbers.
    CHECK_THAT(text, ContainsText("Stack         272 bytes of arrays"));
    CHECK_THAT(text, ContainsText("State         28 bytes of the caller's for each episode under way: 7 numbers\n"));
    CHECK_THAT(text, ContainsText("#define WALKER_STATE_SIZE 7\n"));
    CHECK_THAT(text, ContainsText("#define WALKER_NO_STATE 4\n"));
    CHECK_THAT(text, ContainsText("walker_act(const float* observation, const unsigned char* mask, walker_real* state, "
                                  "walker_action* action)\n"));
    CHECK_THAT(text, ContainsText("static inline void walker_reset(walker_real* state)\n"));
    CHECK(numbers_of<float>(text, "walker_weight_2") ==
          numbers_in_float(floats[0].policy.network.memory->input.weight));
    CHECK(numbers_of<float>(text, "walker_bias_3") == numbers_in_float(floats[0].policy.network.memory->hidden.bias));
    CHECK(text.find('$') == std::string::npos);

    const PolicyDescription& lstm = doubles[13].policy;
    const std::string other = text_of(lstm);
    CHECK_THAT(other, ContainsText(fmt::format("Lstm of {} - ", lstm.network.memory->units())));
    CHECK_THAT(other, ContainsText(fmt::format("State         {} bytes", 16 * lstm.network.memory->units())));
    CHECK_THAT(other, ContainsText("typedef double walker_real;"));
    CHECK_THAT(text_of(small_policy()), !ContainsText("State  ") && !ContainsText("_NO_STATE"));
}

TEST_CASE("the constants of a C header are the policy's numbers, to the bit, in any locale") {
    const float weights[] = {0.1F,     1,     -0.0F,     std::numeric_limits<float>::denorm_min(),
                             16777216, 1e20F, -1.1e-12F, std::nextafter(1.0F, 2.0F)};
    const char* const german = std::setlocale(LC_ALL, "de_DE.UTF-8");  // where it is installed
    for (std::size_t i = 0; i + 1 < std::size(weights); i += 2) {
        const std::vector<double> given = {static_cast<double>(weights[i]), static_cast<double>(weights[i + 1])};
        const std::vector<float> expected = {weights[i], weights[i + 1]};
        const std::string text = text_of(small_policy(given));
        if (german != nullptr) std::setlocale(LC_ALL, "C");
        const std::vector<float> written = numbers_of<float>(text, "walker_weight_1");
        CHECK(written == expected);
        CHECK(std::signbit(written.at(0)) == std::signbit(expected[0]));
        if (german != nullptr) std::setlocale(LC_ALL, "de_DE.UTF-8");
    }
    std::setlocale(LC_ALL, "C");
    const std::vector<double> doubles = {0.1, std::nextafter(1.0, 2.0)};
    CHECK(numbers_of<double>(text_of(small_policy(doubles, Dtype::f64)), "walker_weight_1") == doubles);
    CHECK_THAT(text_of(small_policy({1, 2e20})), ContainsText("walker_weight_1[2] = {\n    1.0f, 2e+20f\n};"));
}

TEST_CASE("a C header has the numbers of layer normalisation, and an empty line behind its sizes") {
    PolicyDescription policy = small_policy();
    policy.network.layers = {
        {.inputs = 1, .outputs = 2, .weight = {1, 2}, .bias = {3, 4}, .gain = {5, 6}, .shift = {7, 8}},
        {.inputs = 2, .outputs = 2, .weight = {1, 2, 3, 4}, .bias = {0, 0}}};
    const std::string text = text_of(policy);
    CHECK(numbers_of<float>(text, "walker_gain_1") == std::vector<float>{5, 6});
    CHECK(numbers_of<float>(text, "walker_shift_1") == std::vector<float>{7, 8});
    const std::size_t last_size = text.rfind("#define WALKER_");
    const std::size_t end = text.find('\n', last_size);
    CHECK(text.substr(end, 2) == "\n\n");
}

TEST_CASE("bounds of a C header are those of the distribution within those of the space") {
    PolicyDescription policy = small_policy();
    policy.spaces.action = Box{.size = 2, .low = {-1, -3}, .high = {1, std::numeric_limits<float>::infinity()}};
    policy.distribution.squashed = true;
    policy.distribution.low = {-2, -2};
    policy.distribution.high = {0.5, 7};
    const std::string text = text_of(policy);
    CHECK(numbers_of<float>(text, "walker_low") == std::vector<float>{-1, -2});
    CHECK(numbers_of<float>(text, "walker_high") == std::vector<float>{0.5, 7});
    CHECK(numbers_of<double>(text, "walker_lowest") == policy.distribution.low);
    CHECK(numbers_of<double>(text, "walker_highest") == policy.distribution.high);

    policy = small_policy();
    policy.spaces.action = Box{.size = 2};
    CHECK(text_of(policy).find("walker_low") == std::string::npos);
    policy.spaces.action = Box{.size = 2, .low = {0}};
    constexpr float largest = std::numeric_limits<float>::max();
    CHECK(numbers_of<float>(text_of(policy), "walker_low") == std::vector<float>{0, 0});
    CHECK(numbers_of<float>(text_of(policy), "walker_high") == std::vector<float>{largest, largest});
}

TEST_CASE("names that C or C++ would not take are refused, and nothing is written") {
    const TemporaryFolder folder("c_header");
    const auto error_of = [&](const std::string& name) {
        try {
            export_c(folder / "a.h", small_policy(), {.name = name});
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK_THAT(error_of(""), ContainsText("export_c: the name is empty; give the word"));
    for (const char* name : {"2legs", "my-walker", "my walker", "w\xC3\xA4lker", "a.b", "a\n", "#", "a*/"}) {
        CHECK_THAT(error_of(name), ContainsText("is no identifier of C; give letters of the English alphabet"));
    }
    for (const char* name : {"int", "alignas", "xor_eq", "restrict", "static_assert", "typename", "while"}) {
        CHECK_THAT(error_of(name), ContainsText("' is a keyword of C or C++; give another word"));
    }
    for (const char* name : {"_walker", "walker_", "my__walker", "_", "_Bool"}) {
        CHECK_THAT(error_of(name), ContainsText("C and C++ reserve names such as"));
    }
    CHECK_THAT(error_of(std::string(41, 'a')), ContainsText("has 41 characters; give at most 40"));
    CHECK(folder.names().empty());
    for (const std::string& name : {std::string(40, 'a'), std::string("integer"), std::string("a_2"), std::string("q")})
        CHECK(error_of(name).empty());
}

TEST_CASE("no two names of policies, however they are chosen, give one name of a C header") {
    // "x" with an ending "a_b" and "x_a" with the ending "b" would: no ending may itself end with another one.
    std::set<std::string> endings;
    const auto add_endings = [&](const std::string& text) {
        const std::regex name("(?:walker|WALKER)_(\\w+)");
        for (auto i = std::sregex_iterator(text.begin(), text.end(), name); i != std::sregex_iterator(); ++i) {
            endings.insert((*i)[1]);
        }
    };
    add_endings(text_with_shape("networks within networks"));
    for_each_policy<double>({.mlp = {.hidden = {2}, .layer_norm = true, .normalize_observations = true}},
                            [&](const auto&, const auto& actor) { add_endings(text_of(describe_policy(actor))); });
    CHECK(endings.contains("mean_2"));
    CHECK(endings.contains("example_heads"));
    for (const std::string& ending : endings) {
        for (std::size_t i = ending.find('_'); i != std::string::npos; i = ending.find('_', i + 1)) {
            CAPTURE(ending);
            CHECK_FALSE(endings.contains(ending.substr(i + 1)));
        }
    }
}

TEST_CASE("a C header takes masks wherever there are choices, and no others") {
    const auto mask_size_of = [](const PolicyDescription& policy) {
        const std::string text = text_of(policy);
        CHECK((text.find("return WALKER_NO_LEGAL_CHOICE") != text.npos) == !policy.distribution.choices.empty());
        CHECK((text.find("The second argument is a mask") != text.npos) == !policy.distribution.choices.empty());
        std::smatch found;
        std::regex_search(text, found, std::regex("WALKER_MASK_SIZE ([0-9]+)\n"));
        return found.str(1);
    };
    for (const bool masked : {false, true}) {
        with_policy<float>("", MultiCategorical<float>({3, 2}), MultiDiscrete{.n = {3, 2}}, masked, {},
                           [&](const auto&, const auto& actor) { CHECK(mask_size_of(describe_policy(actor)) == "5"); });
    }
    CHECK(mask_size_of(small_policy()) == "0");
}

TEST_CASE("no name of a C header has more characters than C99 tells apart") {
    const std::string name(detail::longest_c_name, 'n');
    const TemporaryFolder folder("c_header");
    std::size_t longest = 0;
    for_each_policy<float>(
        {.mlp = {.hidden = std::vector<Index>(11, 2), .layer_norm = true}}, [&](const auto&, const auto& actor) {
            const std::string text = text_of(describe_policy(actor), name);
            const std::regex word("[A-Za-z_0-9]+");
            for (auto i = std::sregex_iterator(text.begin(), text.end(), word); i != std::sregex_iterator(); ++i) {
                longest = std::max(longest, static_cast<std::size_t>((*i).length()));
            }
        });
    CHECK(longest > name.size());
    CHECK(longest <= 63);
}

TEST_CASE("policies that are not whole or not finite are refused, and what was there is left alone") {
    const TemporaryFolder folder("c_header");
    write_text(folder / "a.h", "before");
    const auto error_of = [&](const auto& change) {
        PolicyDescription policy = small_policy();
        change(policy);
        try {
            export_c(folder / "a.h", policy);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    const auto layer = [](PolicyDescription& policy) -> DescribedLayer& { return policy.network.layers.front(); };
    CHECK_THAT(error_of([&](auto& p) { layer(p).weight[1] = std::nan(""); }),
               ContainsText("export_c: layer0.weight[1] is nan"));
    CHECK_THAT(error_of([&](auto& p) { layer(p).bias[0] = 1e39; }),  // beyond float
               ContainsText("layer0.bias[0] is 1e+39"));
    CHECK_THAT(error_of([&](auto& p) { layer(p).weight.pop_back(); }),
               ContainsText("layer0.weight has 1 numbers and needs 2"));
    CHECK_THAT(error_of([&](auto& p) {
                   layer(p).gain = {1, 1};
               }),
               ContainsText("layer0.gain has 2 numbers and needs 0"));
    CHECK_THAT(error_of([&](auto& p) { p.network.layers.clear(); }), ContainsText("the network has no layer"));
    CHECK_THAT(error_of([&](auto& p) { p.network.layers.push_back(layer(p)); }),
               ContainsText("layer 1 has 1 inputs and 2 outputs, and gets 2 inputs"));
    CHECK_THAT(error_of([&](auto& p) { p.network.mean = {0}; }),
               ContainsText("normalizer.scale has 0 numbers and needs 1"));
    CHECK_THAT(error_of([&](auto& p) { p.scalar = Dtype::f16; }), ContainsText("the policy computes in F16"));
    CHECK_THAT(error_of([&](auto& p) { p.distribution.squashed = true; }),
               ContainsText("bounds.low has 0 numbers and needs 2"));
    CHECK_THAT(error_of([&](auto& p) { p.spaces.observation.size = 2; }),
               ContainsText("export_c: the network has 1 inputs and observations have 2 numbers"));
    CHECK(folder.names() == std::set<std::string>{"a.h"});
    CHECK(read_text(folder / "a.h") == "before");
    CHECK_THROWS_WITH(export_c(folder / "none/a.h", small_policy()), ContainsText("export_c: cannot open"));
}
