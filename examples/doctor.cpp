// What was wrong with a training, from its log: findings in the order of its iterations, each with the likeliest cause
// and what to try, and the rules that could not be judged. docs/doctor.md lists the rules.
//
//   cartpole_ppo_clip --log run.csv
//   doctor run.csv

#include <CLI/CLI.hpp>
#include <gradiva/io/judge_run.hpp>
#include <gradiva/io/read_run.hpp>

#include "program.hpp"

int main(int argc, char** argv) {
    std::vector<std::string> logs;
    CLI::App app("Judges trainings by their logs");
    app.add_option("LOG", logs, "what --log or --json wrote")->required();
    example::parse(app, argc, argv);
    return example::run([&] {
        for (const std::string& log : logs) {
            const gradiva::RunJudgement judgement = gradiva::judge_run(gradiva::read_run(log));
            fmt::print("{}: {}\n", log, judgement.findings.empty() ? "no findings" : "findings");
            for (const gradiva::Finding& finding : judgement.findings) fmt::print("  {}\n", finding.text());
            for (const std::string& rule : judgement.unjudged) fmt::print("  not judged: {}\n", rule);
        }
    });
}
