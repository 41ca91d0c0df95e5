// What models do is tested in Python: tests/io/onnx.
#include "gradiva/io/onnx.hpp"

#include <array>
#include <limits>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/nn/gru.hpp"
#include "helpers/temporary_folder.hpp"
#include "io/policy_table.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// A linear policy of two inputs and three choices.
PolicyDescription linear_policy() {
    return {.spaces = {.observation = {.size = 2}, .action = Discrete{3}},
            .network = {.layers = {{.inputs = 2, .outputs = 3, .weight = {1, 2, 3, 4, 5, 6}, .bias = {7, 8, 9}}}},
            .distribution = {.integers = DescribedDistribution::Integers::choices, .choices = {3}}};
}

/// A Beta of one dimension.
PolicyDescription beta_policy() {
    PolicyDescription policy = linear_policy();
    policy.spaces.action = Box{.size = 1, .low = {0}, .high = {1}};
    policy.network.layers[0] = {.inputs = 2, .outputs = 2, .weight = {1, 2, 3, 4}, .bias = {5, 6}};
    policy.distribution = {.reals = DescribedDistribution::Reals::beta, .dimensions = 1, .low = {0.0}, .high = {1.0}};
    return policy;
}

/// The text of the error of an export, which leaves the former file alone.
std::string refusal(const PolicyDescription& policy) {
    const TemporaryFolder folder("onnx");
    write_text(folder / "policy.onnx", "former");
    std::string text = "no error";
    try {
        export_onnx(folder / "policy.onnx", policy);
    } catch (const Error& error) {
        text = error.what();
    }
    CHECK(read_text(folder / "policy.onnx") == "former");
    CHECK(folder.names() == std::set<std::string>{"policy.onnx"});
    return text;
}

std::string exported(const auto& policy) {
    const TemporaryFolder folder("onnx");
    export_onnx(folder / "policy.onnx", policy);
    CHECK(folder.names() == std::set<std::string>{"policy.onnx"});
    return read_text(folder / "policy.onnx");
}

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("an exported model begins with its version, and holds weights row by row of its inputs") {
    const std::string bytes = exported(linear_policy());
    CHECK(bytes.substr(0, 11) == "\x08\x08\x12\x07gradiva");
    std::array<float, 6> weights = {1, 2, 3, 4, 5, 6};
    const std::string_view raw(reinterpret_cast<const char*>(weights.data()), sizeof weights);
    CHECK(bytes.find("\x08\x02\x08\x03\x10\x01\x42\x0Dlayer0.weight\x4A\x18" + std::string(raw)) != std::string::npos);
}

TEST_CASE("an actor and its description give the same model") {
    with_policy<float>("", Beta<float>(table_box), table_box, false, {}, [](const auto&, const auto& actor) {
        CHECK(exported(actor) == exported(describe_policy(actor)));
    });
}

TEST_CASE("an actor with memory and its description give the same model, with the state in and out") {
    Actor actor(GruNetwork<float>(3, 2, Gru{.units = 4, .after = {}}, Rng(1)), Categorical<float>(2));
    actor.set_spaces(std::make_shared<const Spaces>(Spaces{{.size = 3}, Discrete{.n = 2}, false}));
    const std::string bytes = exported(actor);
    CHECK(bytes == exported(describe_policy(actor)));
    for (const char* text :
         {"memory.input.weight", "memory.hidden.bias", "state_out", R"("begins":[1,0,0,0,0,1,0,0])"}) {
        CHECK_THAT(bytes, ContainsText(text));
    }
    const std::string graph = bytes.substr(0, bytes.find("gradiva.version"));  // by place, the action is the first output
    CHECK(graph.rfind("state_out") > graph.rfind("head"));
    CHECK(graph.rfind("head") > graph.rfind("action"));
    CHECK_THAT(exported(linear_policy()), !ContainsText("state_out") && !ContainsText("begins"));
}

TEST_CASE("an actor of parts is exported for the spaces of environments") {
    const Actor actor(MlpNetwork<float>(4, 2, Mlp{.hidden = {3}}, Rng(1)), Categorical<float>(2));
    const Vectorized envs(CartPole{}, {.count = 1});
    const TemporaryFolder folder("onnx");
    CHECK_THROWS_WITH(export_onnx(folder / "policy.onnx", actor), ContainsText("was not built from environments"));
    export_onnx(folder / "policy.onnx", actor, envs);
    const std::string bytes = read_text(folder / "policy.onnx");
    CHECK(bytes == exported(describe_policy(actor, envs)));
}

TEST_CASE("a policy with a number that is not finite is not exported") {
    PolicyDescription policy = linear_policy();
    policy.network.layers[0].weight[4] = not_a_number;
    CHECK(refusal(policy) ==
          "export_onnx: layer0.weight[4] is nan; the policy has diverged: export one with finite weights");
    policy.network.layers[0].weight[4] = 1e300;
    CHECK_THAT(refusal(policy), ContainsText("layer0.weight[4] is 1e+300"));  // infinite in float
    policy.scalar = Dtype::f64;
    CHECK(exported(policy).size() > 0);
}

TEST_CASE("each number of a policy is checked before it is exported") {
    using P = PolicyDescription;
    using Numbers = std::vector<double>;
    struct Row {
        const char* name;
        Numbers& (*numbers)(P&);
    };
    const Row rows[] = {{"layer0.weight", [](P& p) -> Numbers& { return p.network.layers[0].weight; }},
                        {"layer0.bias", [](P& p) -> Numbers& { return p.network.layers[0].bias; }},
                        {"layer0.gain", [](P& p) -> Numbers& { return p.network.layers[0].gain; }},
                        {"layer0.shift", [](P& p) -> Numbers& { return p.network.layers[0].shift; }},
                        {"normalizer.mean", [](P& p) -> Numbers& { return p.network.mean; }},
                        {"normalizer.scale", [](P& p) -> Numbers& { return p.network.scale; }},
                        {"bounds.low", [](P& p) -> Numbers& { return p.distribution.low; }},
                        {"bounds.high", [](P& p) -> Numbers& { return p.distribution.high; }}};
    PolicyDescription whole = beta_policy();
    DescribedLayer hidden = {
        .inputs = 2, .outputs = 2, .weight = {1, 2, 3, 4}, .bias = {5, 6}, .gain = {1, 1}, .shift = {0, 0}};
    whole.network.layers.insert(whole.network.layers.begin(), hidden);
    whole.network.mean = {0, 0};
    whole.network.scale = {1, 1};
    CHECK(exported(whole).size() > 0);
    for (const Row& row : rows) {
        PolicyDescription policy = whole;
        row.numbers(policy).back() = not_a_number;
        CHECK_THAT(refusal(policy), ContainsText(fmt::format("export_onnx: {}[", row.name)));
        row.numbers(policy).clear();
        CHECK_THAT(refusal(policy), ContainsText(fmt::format("export_onnx: {} has 0 numbers and needs", row.name)));
        row.numbers(policy).assign(9, 1);
        CHECK_THAT(refusal(policy), ContainsText(fmt::format("export_onnx: {} has 9 numbers and needs", row.name)));
    }
}

TEST_CASE("parts of a policy that do not fit together are not exported") {
    const auto refusal_with = [](const auto& change) {
        PolicyDescription policy = linear_policy();
        change(policy);
        return refusal(policy);
    };
    CHECK_THAT(refusal_with([](PolicyDescription& p) { p.scalar = Dtype::f16; }), ContainsText("computes in F16"));
    CHECK_THAT(refusal_with([](PolicyDescription& p) { p.network.layers.clear(); }), ContainsText("has no layer"));
    CHECK_THAT(refusal_with([](PolicyDescription& p) { p.network.layers.push_back(p.network.layers[0]); }),
               ContainsText("layer 1 has 2 inputs and 3 outputs, and gets 3 inputs"));
    CHECK_THAT(refusal_with([](PolicyDescription& p) { p.spaces.observation.size = 3; }),
               ContainsText("the network has 2 inputs and observations have 3 numbers"));
    CHECK_THAT(refusal_with([](PolicyDescription& p) {
                   p.spaces.observation.low = {1, 2, 3};
               }),
               ContainsText("a Box of size 2 with 3 bounds"));
    CHECK_THAT(refusal_with([](PolicyDescription& p) { p.spaces.action = Discrete{0}; }),
               ContainsText("Discrete with n = 0"));
    CHECK_THAT(refusal_with([](PolicyDescription& p) {
                   p.network.layers[0].gain = {1, 1, 1};
               }),
               ContainsText("layer0.gain has 3 numbers and needs 0"));
    CHECK_THAT(refusal_with([](PolicyDescription& p) { p.spaces.action = Discrete{4}; }),
               ContainsText("the distribution has 3 choices, and the action space is Discrete(4)"));
}

TEST_CASE("the metadata of an ONNX file has the spaces, the distribution and the examples") {
    PolicyDescription policy = beta_policy();
    policy.spaces.action = HybridSpace{.choice = {2}, .box = {.size = 1, .low = {0}, .high = {1}}};
    policy.spaces.masked = true;
    policy.network.layers[0] = {.inputs = 2, .outputs = 4, .weight = std::vector<double>(8, 0), .bias = {5, 6, 7, 7}};
    policy.distribution.integers = DescribedDistribution::Integers::choices;
    policy.distribution.choices = {2};
    policy.distribution.hybrid = true;
    const std::string bytes = exported(policy);
    const auto holds = [&](const std::string& text) { CHECK_THAT(bytes, ContainsText(text)); };
    holds("gradiva.version");
    policy.spaces.observation = {.shape = {1, 2, 1}};
    CHECK_THAT(exported(policy), ContainsText(R"({"observation":{"size":2,"shape":[1,2,1],"low":[],"high":[]},)"));
    holds(R"({"observation":{"size":2,"low":[],"high":[]},"action":{"kind":"HybridSpace","n":2,)"
          R"("box":{"size":1,"low":[0.0],"high":[1.0]}},"masked":true})");
    holds(
        R"({"integers":"choices","reals":"beta","choices":[2],"dimensions":1,"squashed":false,"low":[0.0],"high":[1.0]})");
    holds(R"("head":[[5.0,6.0,7.0,7.0],[5.0,)");
    holds(R"("action":[1,)");
    holds(R"("values":[[0.5],[0.5],)");
}
