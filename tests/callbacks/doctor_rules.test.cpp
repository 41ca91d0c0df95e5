#include "gradiva/callbacks/doctor_rules.hpp"

#include <string>

#include <fmt/core.h>

#include "catch.hpp"
#include "helpers/temporary_folder.hpp"

using namespace gradiva;

namespace {

std::string gates_of(const DoctorRule& rule) {
    std::string text;
    const auto add = [&](unsigned gate, const char* name) {
        if ((rule.gates & gate) != 0) text += (text.empty() ? "" : ", ") + std::string(name);
    };
    add(gate_stalled, "stalled");
    add(gate_updates, "updates");
    add(gate_early, "early");
    add(gate_fifth, "after 20 %");
    add(gate_not_last, "before 80 %");
    return text;
}

}  // namespace

TEST_CASE("docs/doctor.md has a row for each rule, and docs/troubleshooting.md a section") {
    const std::string table = gradiva_test::read_text(GRADIVA_SOURCE_DIR "/docs/doctor.md");
    const std::string sections = gradiva_test::read_text(GRADIVA_SOURCE_DIR "/docs/troubleshooting.md");
    std::size_t rows = 0, rules = 0;
    for (std::size_t at = 0; (at = table.find("](troubleshooting.md#", at)) != std::string::npos; ++at) ++rows;
    for (const DoctorRule& rule : doctor_rules) {
        ++rules;
        const std::string row =
            fmt::format("| [{0}](troubleshooting.md#{0}) | `{1}` | {2} | {3} {4:g} | {5} | {6} |\n", rule.name,
                        rule.column, rule.quantity, rule.above ? "above" : "below", rule.threshold, gates_of(rule),
                        rule.severity == Severity::fault ? "fault" : "hint");
        CAPTURE(row);
        CHECK(table.find(row) != std::string::npos);
        CHECK(sections.find(fmt::format("\n### {}\n", rule.name)) != std::string::npos);
        CHECK(sections.find(fmt::format("Likely: {}. Try: {}.", rule.cause, rule.remedy)) != std::string::npos);
    }
    CHECK(rows == rules);
}
