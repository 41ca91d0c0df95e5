// The main function of the Google Benchmark programs: beside their results, they write down what one core can do at
// best, measured in the same process.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "compiler.hpp"
#include "peak.hpp"

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::AddCustomContext("compiler", gradiva_bench::compiler);
    benchmark::AddCustomContext("peak_flops", fmt::format("{:.4g}", gradiva_bench::peak_flops()));
    benchmark::AddCustomContext("cache_bandwidth", fmt::format("{:.4g}", gradiva_bench::cache_bandwidth()));
    benchmark::AddCustomContext("memory_bandwidth", fmt::format("{:.4g}", gradiva_bench::memory_bandwidth()));
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
