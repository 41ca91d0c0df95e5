// Usage: write_c_headers FOLDER. Writes a C header of each policy of the table, and for each a file of what its actor
// does with 1,000 observations, which check_policy.h reads; main.c, which checks all in one program; walker.h, of a
// network of two layers of 64, for measurements; and rememberer.h, of one with memory.
#include <algorithm>
#include <cstddef>
#include <fstream>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/core.h>

#include "gradiva/io/c_header.hpp"
#include "io/c_headers/policy_samples.hpp"
#include "io/described_networks.hpp"
#include "io/policy_table.hpp"
#include "io/sequences_with_memory.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

class Folder {
public:
    explicit Folder(std::string path) : path_(std::move(path)), main_(path_ + "/main.c") {
        main_ << "#include \"check.h\"\n";
    }

    template <class A>
    void add(const std::string& what, const A& actor, const PolicyForm& form) {
        const std::string name = fmt::format("policy{}", count_++);
        export_c(fmt::format("{}/{}.h", path_, name), actor, {.name = name});
        // Of one type for all distributions, which act to the bit as the actors do: saved_policy.test.cpp.
        using Scalar = typename A::Scalar;
        const PolicyDescription policy = describe_policy(actor);
        write_samples(name, asked(detail::policy_of<Scalar>(policy), policy, form));
        add_to_main(name, what, policy);
    }

    /// A policy of one choice, against what it does as tests compute it.
    void add(const NamedPolicy& named) {
        const std::string name = fmt::format("policy{}", count_++);
        const PolicyDescription& policy = named.policy;
        const PolicyExamples examples = computed_examples(policy);
        std::ofstream(fmt::format("{}/{}.h", path_, name))
            << (policy.scalar == Dtype::f64 ? detail::c_header_of<double>(policy, examples, name)
                                            : detail::c_header_of<float>(policy, examples, name));
        write_samples(name, computed_numbers(policy));
        add_to_main(name, named.name, policy);
    }

    /// A policy with memory, along one sequence.
    template <class Scalar>
    void add_with_memory(const NamedPolicy& named) {
        const std::string name = fmt::format("policy{}", count_++);
        export_c(fmt::format("{}/{}.h", path_, name), named.policy, {.name = name});
        const PolicyForm form{.mlp = {.normalize_observations = !named.policy.network.mean.empty()}};
        write_samples(name, asked(detail::recurrent_policy_of<Scalar>(named.policy), named.policy, form));
        add_to_main(name, named.name, named.policy);
    }

    void finish() {
        main_ << "int main(int count, char** arguments)\n{\n    int failed = 0;\n    if (count != 2) return 2;\n";
        for (int i = 0; i < count_; ++i) main_ << fmt::format("    failed += check_policy{}(arguments[1]);\n", i);
        main_ << "    return failed == 0 ? 0 : 1;\n}\n";
    }

private:
    void write_samples(const std::string& name, const std::vector<double>& all) const {
        std::ofstream(fmt::format("{}/{}.samples", path_, name), std::ios::binary)
            .write(reinterpret_cast<const char*>(all.data()),
                   static_cast<std::streamsize>(all.size() * sizeof(double)));
    }

    void add_to_main(const std::string& name, const std::string& what, const PolicyDescription& policy) {
        const char* kind = policy.distribution.hybrid                          ? "HYBRID"
                           : std::holds_alternative<Box>(policy.spaces.action) ? "REALS"
                                                                               : "INTEGERS";
        main_ << fmt::format(
            "\n#include \"{0}.h\"\n#define NAME \"{0}\"\n#define WHAT \"{1}\"\n#define {2}\n"
            "#define CHECK check_{0}\n#define OWN(x) {0}_##x\n#define SIZE(x) {3}_##x##_SIZE\n"
            "#include \"check_policy.h\"\n",
            name, what, kind, detail::in_capitals(name));
    }

    std::string path_;
    std::ofstream main_;
    int count_ = 0;
};

/// Layer normalisation of nine equal units: the shifts, and nothing of a mean that is rounded.
void add_equal_units(Folder& folder) {
    const PolicyForm form{.mlp = {.hidden = {9}, .layer_norm = true}};
    with_policy<float>("", Categorical<float>(4), Discrete{.n = 4}, false, form, [&](const auto&, auto actor) {
        const std::span<float> weights = actor.weights();
        std::fill_n(weights.data(), 27, 0.0F);         // W of layer 1
        std::fill_n(weights.data() + 27, 9, 1000.1F);  // b
        std::fill_n(weights.data() + 36, 9, 1.0F);     // gain
        folder.add("equal units", actor, form);
    });
}

/// Bounds of one side and of one element, a distribution beyond the bounds of its space, and choices as answers.
void add_other_spaces(Folder& folder) {
    const PolicyForm form{.scale = 2};
    const auto use = [&](const std::string& name, const auto& actor) { folder.add(name, actor, form); };
    const auto add_gaussian = [&](const char* name, const Box& box) {
        with_policy<float>(name, DiagonalGaussian<float>(2), box, false, form, use);
    };
    constexpr float infinity = std::numeric_limits<float>::infinity();
    add_gaussian("one bound", {.size = 2, .low = {-0.5F}});
    add_gaussian("bounds of one element", {.size = 2, .low = {-0.5F, -infinity}, .high = {0.5F, infinity}});
    const Box wide{.size = 2, .low = {-3}, .high = {4}};
    with_policy<float>("squashed beyond the bounds", SquashedGaussian<float>(wide), table_box, false, form, use);
    with_policy<double>("Beta beyond the bounds", Beta<double>(wide), table_box, false, form, use);
    const MultiBinary answers{.size = 3}, answer{.size = 1};
    with_policy<float>("choices as answers", MultiCategorical<float>({2, 2, 2}), answers, false, form, use);
    with_policy<float>("one choice as answers", Categorical<float>(2), answer, false, form, use);
}

/// A policy of the size that examples have.
void write_walker(const std::string& path) {
    with_policy<float>("", Categorical<float>(4), Discrete{.n = 4}, false, {.mlp = {}, .scale = 0.3},
                       [&](const auto&, const auto& actor) { export_c(path, actor, {.name = "walker"}); });
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return 2;
    Folder folder(arguments[1]);
    std::vector<NamedForm> forms = policy_forms();
    forms.push_back({"other widths", {.mlp = {.hidden = {20, 7, 33}}, .scale = 0.5}});
    forms.push_back({"all", {.mlp = {.hidden = {9, 16}, .layer_norm = true, .normalize_observations = true}}});
    forms.push_back({"equal heads", {.scale = 0}});
    forms.push_back({"heads beyond float", {.mlp = {.hidden = {}}, .scale = 1e5}});
    for (const NamedForm& row : forms) {
        const bool first = &row == &forms.front();
        std::set<std::string> some = {"Categorical, masked", "Beta", "Hybrid, squashed"};
        const auto add = [&](const std::string& name, const auto& actor) {
            if (first || some.contains(name)) folder.add(fmt::format("{}, {}", row.name, name), actor, row.form);
        };
        for_each_policy<float>(row.form, add);
        some = {"SquashedGaussian"};
        for_each_policy<double>(row.form, add);
    }
    folder.add("a shared trunk", trunk_policy(), {});
    add_equal_units(folder);
    add_other_spaces(folder);
    for (const Dtype scalar : {Dtype::f32, Dtype::f64}) {
        for (const NamedPolicy& named : policies_with_shape(scalar)) folder.add(named);
    }
    for (const NamedPolicy& named : exported_memories(Dtype::f32)) folder.add_with_memory<float>(named);
    for (const NamedPolicy& named : exported_memories(Dtype::f64)) folder.add_with_memory<double>(named);
    folder.finish();
    write_walker(std::string(arguments[1]) + "/walker.h");
    export_c(std::string(arguments[1]) + "/rememberer.h", exported_memories(Dtype::f32)[0].policy,
             {.name = "rememberer"});
}
