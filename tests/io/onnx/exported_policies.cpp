// Writes policies of every distribution, action space and form of network as ONNX, and what their actors do, for
// exported_policies.py:
//   exported_policies FOLDER
// N.onnx, and N.safetensors with 1,000 observations, their masks, heads and actions; prints what each N is. Those of
// policies with memory are one sequence, and with them lies where episodes begin.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "gradiva/gradiva.hpp"
#include "gradiva/io.hpp"
#include "io/described_networks.hpp"
#include "io/policy_table.hpp"
#include "io/sequences_with_memory.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr Index samples = 1000;

/// Masks of random legal choices, at least one of each, choices x samples; no rows without masks.
MatrixBuffer<std::uint8_t> drawn_masks(const PolicyDescription& policy, Rng& rng) {
    MatrixBuffer<std::uint8_t> legal(policy.spaces.masked ? policy.distribution.mask_size() : 0, samples);
    for (Index j = 0; legal.rows() > 0 && j < samples; ++j) {
        Index begin = 0;
        for (const Index n : policy.distribution.choices) {
            const Index certain = rng.below(n);
            for (Index i = 0; i < n; ++i) legal(begin + i, j) = i == certain || rng.uniform() < 0.5 ? 1 : 0;
            begin += n;
        }
    }
    return legal;
}

/// Actions as `step` takes them.
template <class A>
ActionBatch actions_of(const A& actor, const AnyActionSpace& space, const typename A::Tape& tape) {
    ActionBatch stored(actor.action_shape(), samples);
    actor.mode(tape, stored.all());
    ActionBatch sent = stored;
    if constexpr (requires { actor.to_environment(std::as_const(stored).all(), sent.all()); }) {
        actor.to_environment(std::as_const(stored).all(), sent.all());
    }
    const auto* hybrid = std::get_if<HybridSpace>(&space);
    const Box* const box = hybrid ? &hybrid->box : std::get_if<Box>(&space);
    ActionView view = sent.all();
    for (Index i = 0; i < view.reals.size(); ++i) {
        const Index element = i % view.reals.rows();
        float& x = view.reals.data()[i];
        x = std::clamp(x, box->low_of(element), box->high_of(element));
    }
    return sent;
}

class Exports {
public:
    explicit Exports(std::string folder) : folder_(std::move(folder)) {}

    /// Writes the files of one policy. Its observations are normal, with the mean.
    template <class A>
    void add(const std::string& name, const A& actor, double mean = 0) {
        const std::string path = fmt::format("{}/{}", folder_, count_);
        const PolicyDescription policy = describe_policy(actor);
        export_onnx(path + ".onnx", policy);
        write_record(path + ".safetensors", actor, policy, mean);
        print(name, policy);
    }

    /// The same of a policy of choices, with what it does as tests compute it.
    void add(const NamedPolicy& named) {
        const std::string path = fmt::format("{}/{}", folder_, count_);
        const PolicyDescription& policy = named.policy;
        detail::write_onnx(path + ".onnx", policy, computed_examples(policy));
        const ComputedSamples computed(policy, samples);
        SafetensorsWriter writer;
        const auto add = [&](const char* key, const auto& numbers) {
            const Index shape[] = {samples, std::ssize(numbers) / samples};
            writer.add(key, shape, numbers.data());
        };
        add("observation", computed.observation);
        add("head", computed.head);
        add("integers", computed.integers);
        writer.write(path + ".safetensors");
        print(named.name, policy);
    }

    /// The same of a policy with memory, with what the library's actor does.
    void add_with_memory(const NamedPolicy& named) {
        const std::string path = fmt::format("{}/{}", folder_, count_);
        export_onnx(path + ".onnx", named.policy);
        const PolicyExamples does = along_a_sequence(named.policy, samples);
        SafetensorsWriter writer;
        const auto add = [&](const char* key, const auto& numbers) {
            const Index shape[] = {samples, std::ssize(numbers) / samples};
            if (!numbers.empty()) writer.add(key, shape, numbers.data());
        };
        add("observation", does.observation);
        add("begins", does.begins);
        add("mask", does.mask);
        add("head", does.head);
        add("integers", does.integers);
        add("reals", does.reals);
        writer.write(path + ".safetensors");
        print(named.name, named.policy);
    }

private:
    void print(const std::string& name, const PolicyDescription& policy) {
        fmt::print("{}\t{}\t{}\t{}\n", count_++, name, dtype_name(policy.scalar), policy.network.state_size());
    }

    template <class A>
    static void write_record(const std::string& path, const A& actor, const PolicyDescription& policy, double mean) {
        using Scalar = typename A::Scalar;
        Rng rng(1);
        MatrixBuffer<float> observation(actor.observation_size(), samples);
        for (Index i = 0; i < observation.rows() * samples; ++i) {
            observation.data()[i] = static_cast<float>(mean + rng.normal());
        }
        const Matrix<Scalar> x = observation.matrix().cast<Scalar>();
        typename A::Tape tape;
        actor.forward(x, tape);
        const Matrix<Scalar> head = tape.head;
        const MatrixBuffer<std::uint8_t> legal = drawn_masks(policy, rng);
        if (legal.rows() > 0) actor.forward(x, legal.matrix(), tape);
        const ActionBatch actions = actions_of(actor, policy.spaces.action, tape);
        const ConstActionView view = actions.all();
        SafetensorsWriter writer;
        const auto add = [&](const char* key, const auto& matrix) {
            const Index shape[] = {samples, matrix.rows()};
            if (matrix.rows() > 0) writer.add(key, shape, matrix.data());
        };
        add("observation", observation);
        add("mask", legal);
        add("head", head);
        add("integers", view.integers);
        add("reals", view.reals);
        writer.write(path);
    }

    std::string folder_;
    int count_ = 0;
};

/// Moves each row of the head far up or down: every second one down, so that of a Beta both rows of an element are low.
template <class A>
void shift_heads(A& actor, double distance) {
    Rng rng(5);
    const std::size_t network = actor.weights().size() - actor.own_parameters().size();
    const auto biases = actor.weights().first(network).last(to_size(actor.head_size()));
    for (std::size_t i = 0; i < biases.size(); ++i) {
        const bool down = (biases.size() - i) % 2 == 0 || rng.uniform() < 0.5;
        biases[i] += static_cast<typename A::Scalar>(down ? -distance : distance);
    }
}

/// Every distribution, with heads near 0 and far from it; e^-800 is 0 in double.
template <class Scalar>
void add_distributions(Exports& exports) {
    for (const double distance : {0, 20, 120, 800}) {
        for_each_policy<Scalar>({}, [&](const std::string& name, auto actor) {
            shift_heads(actor, distance);
            exports.add(fmt::format("{}, heads around +-{}", name, distance), actor);
        });
    }
}

/// Every form of network. Extreme weights amplify rounding errors of float beyond any tolerance.
template <class Scalar>
void add_networks(Exports& exports) {
    std::vector<NamedForm> rows = policy_forms();
    rows.push_back(
        {"layer normalisation and relu", {.mlp = {.hidden = {8}, .activation = Activation::relu, .layer_norm = true}}});
    rows.push_back({"layers of one unit", {.mlp = {.hidden = {1, 1}, .layer_norm = true}}});
    rows.push_back({"equal heads", {.scale = 0}});
    for (const NamedForm& row : rows) {
        if (std::is_same_v<Scalar, float> && row.form.scale > 1) continue;
        const auto use = [&](const std::string& name, const auto& actor) {
            exports.add(name + ", " + row.name, actor, row.form.mean);
        };
        with_policy<Scalar>("Categorical", Categorical<Scalar>(4), Discrete{4}, true, row.form, use);
        with_policy<Scalar>("Beta", Beta<Scalar>(table_box), table_box, false, row.form, use);
    }
}

void add_others(Exports& exports) {
    const auto use = [&](const std::string& name, const auto& actor) { exports.add(name, actor); };
    const auto add_gaussian = [&](const char* name, const Box& box) {
        with_policy<float>(name, DiagonalGaussian<float>(2), box, false, {}, use);
    };
    add_gaussian("one bound", {.size = 2, .low = {-0.5F}});
    add_gaussian("bounds of one element", {.size = 2, .low = {-0.5F, -INFINITY}, .high = {0.5F, INFINITY}});
    const SquashedGaussian<float> wider(Box{.size = 2, .low = {-3}, .high = {4}});
    with_policy<float>("a distribution beyond the bounds", wider, table_box, false, {}, use);
    with_policy<float>("units 64-64", Categorical<float>(4), Discrete{4}, false, {.mlp = {}, .scale = 0.1}, use);
    const MultiBinary answers{.size = 3}, answer{.size = 1};
    with_policy<float>("choices as answers", MultiCategorical<float>({2, 2, 2}), answers, false, {}, use);
    with_policy<float>("one choice as answers", Categorical<float>(2), answer, false, {}, use);
    const PolicyForm normalised = {.mlp = {.normalize_observations = true}, .scale = 0.1, .mean = 1e6};
    exports.add("a shared trunk", trunk_policy(normalised), 1e6);
}

void write(const std::string& folder) {
    Exports exports(folder);
    add_distributions<float>(exports);
    add_distributions<double>(exports);
    add_networks<float>(exports);
    add_networks<double>(exports);
    add_others(exports);
    for (const Dtype scalar : {Dtype::f32, Dtype::f64}) {
        for (const NamedPolicy& named : policies_with_shape(scalar)) exports.add(named);
        for (const NamedPolicy& named : exported_memories(scalar)) exports.add_with_memory(named);
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        fmt::print(stderr, "usage: exported_policies FOLDER\n");
        return 2;
    }
    try {
        write(arguments[1]);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
    return 0;
}
