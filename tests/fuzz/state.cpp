// Any safetensors file restores an object wholly, or is an Error and leaves the object as it was.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/io.hpp"

namespace {

struct Point {
    double x = 1;
    bool flag = true;
    std::vector<int> path = {1, 2};
    void visit_state(gradiva::State& state) {
        state("x", x);
        state("flag", flag);
        state("path", path);
    }
};

/// Pieces of all kinds of sizes.
struct Part {
    int number = 3;
    gradiva::Index fixed = 4;
    std::string text = "ab";
    std::vector<Point> points{2};
    std::optional<double> maybe;
    gradiva::MatrixBuffer<float> matrix{2, 3};
    std::vector<gradiva::MatrixBuffer<float>> matrices = std::vector<gradiva::MatrixBuffer<float>>(2);
    void visit_state(gradiva::State& state) {
        state("n", number);
        state.fixed("f", fixed);
        state("t", text);
        state("p", points);
        state("o", maybe);
        state("m", matrix);
        state("l", matrices);
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::optional<gradiva::SafetensorsFile> file;
    try {
        file.emplace(std::as_bytes(std::span(data, size)), "fuzzed");
    } catch (const gradiva::Error&) {
        return 0;
    }
    Part part;
    const gradiva::StateImage before = gradiva::image_of(part);
    const gradiva::StateImage saved = gradiva::detail::state_in(*file);
    try {
        gradiva::restore("fuzzed", saved, part);
        // All that is there was read: what is written again is what was read.
        if (!gradiva::first_difference(gradiva::image_of(part), saved).empty()) std::abort();
    } catch (const gradiva::Error&) {
        if (!gradiva::first_difference(before, gradiva::image_of(part)).empty()) std::abort();
    }
    return 0;
}
