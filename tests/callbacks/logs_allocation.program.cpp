// No log may call malloc in an iteration after the first.
#include "helpers/count_malloc.hpp"
#include "helpers/temporary_folder.hpp"

#include <gradiva/callbacks/csv_log.hpp>
#include <gradiva/callbacks/json_log.hpp>
#include <gradiva/callbacks/tensorboard_log.hpp>
#include <string>

#include "helpers/report_fields.hpp"

namespace {

using namespace gradiva;

/// Logs numbers of all lengths, the longest in the first iteration; returns how often later ones called malloc.
template <class Log>
long count(const std::string& path) {
    Log log(path);
    const Progress start;
    Run run("Test", start);
    log.on_start(run);
    Progress reports[4] = {gradiva_test::distinct_progress(-1e15 / 3), gradiva_test::distinct_progress(1),
                           gradiva_test::distinct_progress(1e9), Progress{}};
    log(reports[0]);
    const long before = count_malloc::calls;
    for (int i = 0; i < 100; ++i) log(reports[i % 4]);
    return count_malloc::calls - before;
}

}  // namespace

int main() {
    return count_malloc::judge([] {
        const gradiva_test::TemporaryFolder folder("logs_allocation");
        const auto judge = [](const char* what, long calls) {
            fmt::print("{}: {} allocations\n", what, calls);
            if (calls != 0) ++count_malloc::failures;
        };
        judge("CsvLog", count<CsvLog>(folder / "run.csv"));
        judge("JsonLog", count<JsonLog>(folder / "run.jsonl"));
        judge("TensorBoardLog", count<TensorBoardLog>(folder / "runs"));
    });
}
