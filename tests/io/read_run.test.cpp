#include "gradiva/io/read_run.hpp"

#include "catch.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "helpers/temporary_folder.hpp"

using gradiva::RecordedRun;
using gradiva_test::TemporaryFolder;

namespace {

const std::string json_header =
    R"({"gradiva_log":1,"description":{"algorithm":"PPO","environments/seed":3,"clip":0.2,"hidden":[64,64],"x":true},)"
    R"("columns":["iteration","steps","mean_return"]})"
    "\n";

/// The run in a log of this text.
RecordedRun run_of(const std::string& text) {
    const TemporaryFolder folder("read_run");
    gradiva_test::write_text(folder / "run.log", text);
    return gradiva::read_run(folder / "run.log");
}

/// The error of a log of this text.
std::string error_of(const std::string& text) {
    try {
        run_of(text);
        return {};
    } catch (const gradiva::Error& error) {
        return error.what();
    }
}

std::vector<double> numbers_of(const RecordedRun& run, std::string_view name) {
    return run.series.table().find(name)->last;
}

}  // namespace

TEST_CASE("a log of JSON lines is read with what it says of the training") {
    const RecordedRun run = run_of(json_header +
                                   R"({"iteration":1,"steps":256,"seconds":0.5,"value_loss":2}
{"evaluation":{"mean_return":9.5,"std_return":0.5,"episodes":2,"metric/goals":3.5,"metric/none":null},"other":{"a":[1]}}
{"iteration":2,"steps":512,"seconds":1,"mean_return":-1.5e2,"later":"text"}
{"of a later version":1}
)");
    CHECK(numbers_of(run, "iteration") == std::vector<double>{1, 2});
    CHECK(numbers_of(run, "steps") == std::vector<double>{256, 512});
    CHECK(numbers_of(run, "mean_return")[1] == -150);
    CHECK(std::isnan(numbers_of(run, "mean_return")[0]));
    CHECK(std::isnan(numbers_of(run, "value_loss")[1]));
    CHECK(run.series.table().columns().size() == 6);  // "episodes" without numbers, no "later"
    const gradiva::Description expected{{{"algorithm", std::string("PPO")},
                                         {"environments/seed", std::int64_t{3}},
                                         {"clip", 0.2},
                                         {"hidden", std::vector<double>{64, 64}},
                                         {"x", true}}};
    CHECK((run.description == expected));
    REQUIRE(run.evaluation);
    CHECK(run.evaluation->mean_return == 9.5);
    CHECK(run.evaluation->episodes == 2);
    CHECK(run.evaluation->metrics == std::vector<std::pair<std::string, double>>{{"goals", 3.5}});
    CHECK(run.notes.empty());
}

TEST_CASE("an evaluation is of 1 to 10^15 episodes") {
    const auto run_with = [](const std::string& episodes) {
        return run_of(json_header + R"({"iteration":1,"steps":256}
{"evaluation":{"mean_return":1,"episodes":)" +
                      episodes + "}}\n");
    };
    CHECK(run_with("1").evaluation->episodes == 1);
    CHECK(run_with("1e15").evaluation->episodes == 1'000'000'000'000'000);
    CHECK_THROWS_WITH(run_with("0"), ContainsText("of 0 episodes"));
    CHECK_THROWS_WITH(run_with("1.1e15"), ContainsText("of 1100000000000000"));
}

TEST_CASE("a CSV log is read, with the description beside it if there is one") {
    const TemporaryFolder folder("read_run");
    gradiva_test::write_text(folder / "run.csv", "iteration,steps,mean_return,metric/goals\n1,256,,1\r\n2,512,9.25,\n");
    const RecordedRun bare = gradiva::read_run(folder / "run.csv");
    CHECK(bare.description.entries.empty());
    CHECK(bare.notes.size() == 1);
    CHECK(numbers_of(bare, "mean_return")[1] == 9.25);
    CHECK(std::isnan(numbers_of(bare, "mean_return")[0]));
    CHECK(numbers_of(bare, "metric/goals")[0] == 1);
    gradiva_test::write_text(folder / "run.csv.json", json_header);
    const RecordedRun described = gradiva::read_run(folder / "run.csv");
    CHECK(described.description.entries.size() == 5);
    CHECK(described.notes.empty());
    for (const auto& [text, sentence] : std::vector<std::pair<std::string, std::string>>{
             {"{", "run.csv.json': '{' is no JSON object"},
             {"", "run.csv.json': '' is no JSON object"},
             {R"({"gradiva_log":2})", "run.csv.json': the log has version 2"}}) {
        gradiva_test::write_text(folder / "run.csv.json", text);
        CHECK_THROWS_WITH(gradiva::read_run(folder / "run.csv"), ContainsText(sentence));
    }
}

TEST_CASE("names of columns may be in quotes") {
    const RecordedRun run = run_of("\"iteration\",steps,\"metric/a, \"\"b\"\"\"\n1,256,7\n");
    CHECK(numbers_of(run, "metric/a, \"b\"") == std::vector<double>{7});
}

TEST_CASE("a last line without its end is left out and said, whatever is in it") {
    for (const char* cut : {R"({"iteration":2,"ste)", R"({"iteration":2,"steps":512})"}) {
        const RecordedRun run = run_of(json_header + "{\"iteration\":1,\"steps\":256}\n" + cut);
        CHECK(run.series.table().rows() == 1);
        CHECK(run.notes == std::vector<std::string>{"Line 3 of the log is cut off and left out."});
    }
    const RecordedRun csv = run_of("iteration,steps\n1,256\n2,51");
    CHECK(csv.series.table().rows() == 1);
    CHECK(csv.notes.front() == "Line 3 of the log is cut off and left out.");
}

TEST_CASE("the last description of a log is that of its training") {
    const RecordedRun run = run_of(json_header +
                                   R"({"iteration":1,"steps":256}
{"description":{"big":18446744073709551615,"negative":-2,"object":{"a":1},"list":[1,"a"],"nothing":null}}
)");
    const gradiva::Description expected{{{"big", ~std::uint64_t{0}},
                                         {"negative", std::int64_t{-2}},
                                         {"object", std::string(R"({"a":1})")},
                                         {"list", std::string(R"([1,"a"])")},
                                         {"nothing", std::string("null")}}};
    CHECK((run.description == expected));
}

TEST_CASE("further calls of train go on where the former ones ended") {
    const RecordedRun run =
        run_of("iteration,steps,seconds,episodes\n1,100,1,\n2,200,2,7\n3,100,0.5,2\n4,200,1,4\n5,300,0.1,1\n");
    CHECK(numbers_of(run, "iteration") == std::vector<double>{1, 2, 3, 4, 5});
    CHECK(numbers_of(run, "steps") == std::vector<double>{100, 200, 300, 400, 700});
    CHECK(numbers_of(run, "seconds") == std::vector<double>{1, 2, 2.5, 3, 3.1});
    CHECK(std::isnan(numbers_of(run, "episodes")[0]));
    CHECK(numbers_of(run, "episodes")[4] == 12);
}

TEST_CASE("an error names the file and the line of what is wrong") {
    const auto rows = [](const std::string& line) {
        return error_of("iteration,steps,mean_return\n1,256,1\n" + line + "\n3,768,1\n");
    };
    CHECK_THAT(rows("2,512"), ContainsText("run.log', line 3: there are 2 cells in 3 columns"));
    CHECK_THAT(rows("2,512,1,1"), ContainsText("line 3: there are 4 cells in 3 columns"));
    CHECK_THAT(rows("2,512,x"), ContainsText("line 3: '2,512,x' is no row of numbers"));
    CHECK_THAT(rows("2,512,nan"), ContainsText("line 3: '2,512,nan' is no row of numbers"));
    CHECK_THAT(rows("2,512,\"a\""), ContainsText("line 3: 'mean_return' is \"a\"; it is a number"));
    CHECK_THAT(rows("2,512,[1]"), ContainsText("line 3: 'mean_return' is [1]"));
    CHECK_THAT(rows(""), ContainsText("line 3: there are 1 cells"));
    CHECK_THAT(rows(std::string(3, '\0')), ContainsText("line 3"));
    CHECK_THAT(rows("1,512,1"), ContainsText("line 3: iteration 1 follows 1; a log has the lines of one training"));
    CHECK_THAT(rows("2.5,512,1"), ContainsText("line 3: the iteration is 2.5"));
    CHECK_THAT(rows(",512,1"), ContainsText("line 3: the iteration is nan"));
    CHECK_THAT(rows("2,,1"), ContainsText("line 3: steps is nan"));
    CHECK_THAT(rows("2,0,1"), ContainsText("line 3: steps is 0"));
    CHECK_THAT(error_of(json_header + "{\"iteration\":1,\"steps\":256}\nhello\n{}\n"),
               ContainsText("run.log', line 3: 'hello' is no JSON object"));
    CHECK_THAT(error_of(json_header + "{\"iteration\":1}\n"), ContainsText("line 2: steps is nan"));
    CHECK_THAT(error_of(json_header + "{\"evaluation\":1}\n"), ContainsText("line 2: \"evaluation\" is 1"));
    CHECK_THAT(error_of(json_header + "{\"evaluation\":{}}\n"),
               ContainsText("line 2: the evaluation has no number \"mean_return\""));
}

TEST_CASE("a log of another version, of nothing or of other columns is refused") {
    CHECK_THAT(error_of("{\"gradiva_log\":2}\n{\"iteration\":1,\"steps\":256}\n"),
               ContainsText("run.log', line 1: the log has version 2; this library reads version 1"));
    CHECK_THAT(error_of("{\"gradiva_log\":\"1\"}\n"), ContainsText("the log has version 1"));
    CHECK_THAT(error_of("{\"iteration\":1,\"steps\":256}\n"), ContainsText("line 1: there is no version"));
    CHECK_THAT(error_of(R"({"gradiva_log":1,"description":[1]})"), ContainsText("line 1: \"description\" is [1]"));
    CHECK_THAT(error_of("{\"gradiva_log\":1"), ContainsText("line 1: '{\"gradiva_log\":1' is no JSON object"));
    CHECK_THAT(error_of(""), ContainsText("run.log' is empty"));
    CHECK_THAT(error_of(json_header), ContainsText("run.log' has no complete line of an iteration"));
    CHECK_THAT(error_of("iteration,steps\n"), ContainsText("no complete line of an iteration"));
    CHECK_THAT(error_of("time,value\n1,2\n"), ContainsText("line 1: there is no column 'iteration'"));
    CHECK_THAT(error_of("iteration,my_steps\n1,2\n"), ContainsText("line 1: there is no column 'steps'"));
    CHECK_THAT(error_of("iteration,steps,a,a\n1,2,3,4\n"), ContainsText("line 1: two columns are called 'a'"));
    CHECK_THAT(error_of("iteration,steps,\n1,2,3\n"), ContainsText("line 1: column 3 has no name"));
}

TEST_CASE("a log that is nested deeply is an error, not the end of the stack") {
    const std::string deep(100'000, '[');
    const std::string closed = deep + std::string(deep.size(), ']');
    for (const std::string& nested : {deep, closed}) {
        CHECK_THAT(error_of(json_header + "{\"iteration\":1,\"steps\":256}\n{\"description\":" + nested + "}\n"),
                   ContainsText("run.log', line 3: ") && ContainsText("more than 64 brackets within each other"));
        CHECK_THAT(error_of("{\"gradiva_log\":1,\"description\":" + nested + "}\n"),
                   ContainsText("run.log', line 1: ") && ContainsText("more than 64 brackets"));
        CHECK_THAT(error_of("iteration,steps\n1," + nested + "\n"),
                   ContainsText("run.log', line 2: ") && ContainsText("more than 64 brackets"));
    }
    const RecordedRun run = run_of(json_header + R"({"iteration":1,"steps":256,"text":"\")" + deep + R"(\\"})" + "\n");
    CHECK(run.series.table().rows() == 1);  // brackets in a text are none
}

TEST_CASE("a log of ever other names is an error, not the end of the memory") {
    std::string lines = json_header, names = "iteration,steps";
    for (int i = 1; i <= 300; ++i) {
        lines += fmt::format("{{\"iteration\":{},\"steps\":{},\"name {}\":1}}\n", i, i, i);
        names += fmt::format(",name {}", i);
    }
    // Of 256 columns, four are axes and one is the return, which the header names.
    CHECK_THAT(error_of(lines),
               ContainsText("run.log', line 253: 'name 252' would be column 257; a report has at most"));
    CHECK_THAT(error_of(names + "\n"), ContainsText("run.log', line 1: 'name 253' would be column 257"));
}

TEST_CASE("errors show what stands in a log without control characters") {
    CHECK_THAT(error_of(json_header + "\x1B[31mred\n"), ContainsText("'?[31mred' is no JSON object"));
    CHECK_THAT(error_of("{\"gradiva_log\":\"\\u001B[31m\"}\n"), ContainsText("the log has version ?[31m"));
    CHECK_THAT(error_of("iteration,steps,\x1B[31m\n1,2,true\n"), ContainsText("'?[31m' is true"));
    CHECK_THAT(error_of("iteration,steps,a\x1B,a\x1B\n"), ContainsText("two columns are called 'a?'"));
    CHECK_THAT(error_of("iteration,steps\n1,\x1B\n"), ContainsText("'1,?' is no row of numbers"));
    CHECK_THAT(error_of("iteration,steps\n1,\"\\u001B\"\n"), ContainsText("'steps' is \"\\u001b\"; it is a number"));
}

TEST_CASE("what is no readable file is refused by name") {
    const TemporaryFolder folder("read_run");
    CHECK_THROWS_WITH(gradiva::read_run(folder / "none"), ContainsText("none'; give the path of a log"));
    CHECK_THROWS_WITH(gradiva::read_run(folder.path()), ContainsText("is a folder or cannot be read"));
}

TEST_CASE("a long log is read into bounded memory") {
    const TemporaryFolder folder("read_run");
    constexpr int lines = 100'000;
    {
        std::ofstream file(folder / "run.csv");
        file << "iteration,steps,mean_return\n";
        for (int i = 1; i <= lines; ++i) file << i << ',' << 8 * i << ',' << (i == 70'001 ? 1000 : i % 500) << '\n';
    }
    const RecordedRun run = gradiva::read_run(folder / "run.csv");
    const gradiva::SeriesTable& table = run.series.table();
    CHECK(table.rows() == lines);
    CHECK(table.buckets() <= gradiva::SeriesTable::most_by_default);
    CHECK(numbers_of(run, "steps").back() == 8 * lines);
    const auto bucket = static_cast<std::size_t>(70'000 / table.rows_per_bucket());
    CHECK(table.find("mean_return")->high(bucket) == 1000);
}

TEST_CASE("a line of endless length is no log") {
    CHECK_THAT(error_of("iteration,steps\n" + std::string((1 << 24) + 1, '1')),
               ContainsText("line 2 has more than 16777216 bytes; this is no log"));
}
