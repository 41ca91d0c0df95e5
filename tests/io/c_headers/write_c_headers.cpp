// Usage: write_c_headers FOLDER. Writes a C header of each policy of the table, and for each a file of what its actor
// does with 1,000 observations, which check_policy.h reads; main.c, which checks all in one program; and walker.h, of a
// network of two layers of 64, for measurements.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/core.h>

#include "gradiva/io/c_header.hpp"
#include "gradiva/policy/acting.hpp"
#include "io/policy_table.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr int samples = 1000;

/// The numbers of a sample, in this order: what policy_act has to return, whether there is a mask, and the vectors; the
/// actor's numbers are each followed by how far from it another program's may be.
struct Sample {
    int result = 0;
    std::vector<float> observation;
    std::vector<std::uint8_t> mask;
    std::vector<double> head, action;

    void append_to(std::vector<double>& all, Index mask_size) const {
        all.push_back(result);
        all.push_back(mask.empty() ? 0 : 1);
        all.insert(all.end(), observation.begin(), observation.end());
        all.insert(all.end(), mask.begin(), mask.end());
        if (mask.empty()) all.resize(all.size() + static_cast<std::size_t>(mask_size));
        all.insert(all.end(), head.begin(), head.end());
        all.insert(all.end(), action.begin(), action.end());
    }
};

void append(std::vector<double>& to, double x, double tolerance) {
    to.push_back(x);
    to.push_back(tolerance);
}

/// Whether the two best legal ones of n rows of the head are so close that another program may choose the other.
bool is_close_call(const double* head, const std::uint8_t* mask, Index n, double unit) {
    std::vector<double> legal;
    for (Index i = 0; i < n; ++i) {
        if (mask == nullptr || mask[i] != 0) legal.push_back(head[i]);
    }
    std::sort(legal.rbegin(), legal.rend());
    return legal.size() > 1 && legal[0] - legal[1] < 1e-4 * std::max(unit, std::abs(legal[0]));
}

/// The unit of heads, 1, of which tolerances are parts. With large weights in float it is their size, squared with
/// hidden layers, by which they multiply the rounding errors of their sums.
double unit_of(const PolicyForm& form, Dtype scalar) {
    if (form.scale <= 1 || scalar == Dtype::f64) return 1;
    return form.mlp.hidden.empty() ? form.scale : form.scale * form.scale;
}

/// The actor of a policy, asked for heads and actions.
template <class A, class Space>
class Asked {
public:
    Asked(const A& actor, const PolicyDescription& policy, const Space& space, double unit)
        : actor_(actor), policy_(policy), unit_(unit),
          acting_(actor, policy.spaces.observation, space, policy.spaces.masked),
          observation_(actor.observation_size(), 1) {}

    void answer(Sample& sample) {
        std::copy(sample.observation.begin(), sample.observation.end(), observation_.data());
        actor_.forward(std::as_const(observation_).matrix(), tape_);
        head_.assign(tape_.head.data(), tape_.head.data() + tape_.head.size());
        if (!std::all_of(head_.begin(), head_.end(), [](double x) { return std::isfinite(x); })) sample.result = 3;
        for (const double x : head_) append(sample.head, x, 1e-5 * std::max(unit_, std::abs(x)));
        if (sample.result != 0) {
            sample.action.resize(2 * static_cast<std::size_t>(action_size()));
            return;
        }
        std::vector<std::uint8_t> legal = sample.mask;
        if (policy_.spaces.masked) legal.resize(static_cast<std::size_t>(policy_.distribution.mask_size()), 1);
        if (sample.mask.empty()) std::fill(legal.begin(), legal.end(), std::uint8_t{1});
        add(acting_.act(sample.observation, ActOptions{.legal = legal}), legal, sample);
    }

private:
    Index action_size() const {
        const DescribedDistribution& d = policy_.distribution;
        return std::ssize(d.choices) + d.answers + d.dimensions;
    }

    void add(int action, std::span<const std::uint8_t> legal, Sample& to) { add(std::span(&action, 1), legal, to); }
    void add(std::span<const int> action, std::span<const std::uint8_t> legal, Sample& to) {
        const DescribedDistribution& d = policy_.distribution;
        const double* row = head_.data();
        const std::uint8_t* mask = legal.empty() ? nullptr : legal.data();
        for (std::size_t k = 0; k < action.size(); ++k) {
            const bool is_choice = !d.choices.empty();
            const Index n = is_choice ? d.choices[k] : 1;
            const bool close = is_choice ? is_close_call(row, mask, n, unit_) : std::abs(*row) < 1e-4 * unit_;
            append(to.action, action[k], close ? 1e9 : 0);
            row += n;
            if (mask != nullptr) mask += n;
        }
    }
    void add(std::span<const float> action, std::span<const std::uint8_t>, Sample& to) {
        const Box& box = *detail::box_of(policy_.spaces.action);
        for (std::size_t i = 0; i < action.size(); ++i) {
            const auto row = static_cast<Index>(i);
            const double b = static_cast<double>(action[i]);
            const double width = static_cast<double>(box.high_of(row)) - static_cast<double>(box.low_of(row));
            append(to.action, b, 1e-5 * std::max(unit_, std::isfinite(width) ? width : std::abs(b)));
        }
    }
    void add(const HybridAction& action, std::span<const std::uint8_t> legal, Sample& to) {
        add(action.choice, legal, to);
        add(action.values, legal, to);
    }

    const A& actor_;
    const PolicyDescription& policy_;
    double unit_;
    Acting<A, Space> acting_;
    MatrixBuffer<typename A::Scalar> observation_;
    typename A::Tape tape_;
    std::vector<double> head_;
};

Sample drawn(const PolicyDescription& policy, const PolicyForm& form, int n, Rng& rng) {
    Sample sample;
    const double deviation = n % 10 == 7 && form.mlp.normalize_observations ? 20 : 1.5;  // some beyond the limit of 10
    for (Index i = 0; i < policy.spaces.observation.size; ++i) {
        sample.observation.push_back(static_cast<float>(form.mean + deviation * rng.normal()));
    }
    if (n % 2 == 1 && policy.spaces.masked) {
        for (const Index choices : policy.distribution.choices) {
            std::vector<std::uint8_t> part(static_cast<std::size_t>(choices));
            detail::draw_mask(part, rng);
            sample.mask.insert(sample.mask.end(), part.begin(), part.end());
        }
    }
    // What is to be refused, here and there.
    if (n % 100 == 1) {
        sample.observation.back() =
            n % 200 == 1 ? std::numeric_limits<float>::quiet_NaN() : -std::numeric_limits<float>::infinity();
        sample.result = 1;
    }
    if (n % 100 == 3 && policy.spaces.masked) {
        std::fill(sample.mask.end() - policy.distribution.choices.back(), sample.mask.end(), std::uint8_t{0});
        sample.result = 2;
    }
    const bool may_overflow = form.scale > 100 && policy.scalar == Dtype::f32;
    if (n % 100 == 5 && may_overflow) sample.observation.assign(sample.observation.size(), 1e38F);
    return sample;
}

class Folder {
public:
    explicit Folder(std::string path) : path_(std::move(path)), main_(path_ + "/main.c") {
        main_ << "#include \"check.h\"\n";
    }

    template <class A>
    void add(const std::string& what, const A& actor, const PolicyForm& form) {
        const std::string name = fmt::format("policy{}", count_++);
        const PolicyDescription policy = describe_policy(actor);
        export_c(fmt::format("{}/{}.h", path_, name), actor, {.name = name});
        std::vector<double> all;
        std::visit(
            [&](const auto& space) {
                Asked<A, std::remove_cvref_t<decltype(space)>> asked(actor, policy, space,
                                                                     unit_of(form, policy.scalar));
                Rng rng(2);
                for (int n = 0; n < samples; ++n) {
                    Sample sample = drawn(policy, form, n, rng);
                    if (sample.result == 0) {
                        asked.answer(sample);
                    } else {
                        const DescribedDistribution& d = policy.distribution;
                        sample.head.resize(2 * static_cast<std::size_t>(d.head_size()));
                        sample.action.resize(
                            2 * static_cast<std::size_t>(std::ssize(d.choices) + d.answers + d.dimensions));
                    }
                    sample.append_to(all, policy.spaces.masked ? policy.distribution.mask_size() : 0);
                }
            },
            policy.spaces.action);
        std::ofstream(fmt::format("{}/{}.samples", path_, name), std::ios::binary)
            .write(reinterpret_cast<const char*>(all.data()),
                   static_cast<std::streamsize>(all.size() * sizeof(double)));
        add_to_main(name, what, policy);
    }

    void finish() {
        main_ << "int main(int count, char** arguments)\n{\n    int failed = 0;\n    if (count != 2) return 2;\n";
        for (int i = 0; i < count_; ++i) main_ << fmt::format("    failed += check_policy{}(arguments[1]);\n", i);
        main_ << "    return failed == 0 ? 0 : 1;\n}\n";
    }

private:
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
    folder.finish();
    write_walker(std::string(arguments[1]) + "/walker.h");
}
