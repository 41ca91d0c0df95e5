// Any safetensors file restores an object, and a training, wholly, or is an Error and leaves them as they were. The
// seed "checkpoint" is one of that training, without its checksum: what is changed would be refused by it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/schedule.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/io.hpp"
#include "gradiva/train/resume.hpp"
#include "gradiva/train/train_loop.hpp"

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

/// As a `Checkpoint`, but that the file lies in memory; no iteration runs.
struct Loading {
    static constexpr gradiva::Episodes saves_run = gradiva::Episodes::kept;
    const gradiva::StateImage& saved;

    bool on_start(gradiva::Run& run) const {
        const gradiva::StateImage before = gradiva::image_of(run);
        try {
            gradiva::resume("fuzzed", run, saved, saves_run);
        } catch (const gradiva::Error&) {
            if (!gradiva::first_difference(before, gradiva::image_of(run)).empty()) std::abort();
        }
        return false;
    }
    void operator()(const gradiva::Progress&) const {}
};

struct Training {
    gradiva::TrainLoop loop{"Toy"};
    gradiva::Schedule rate = gradiva::Linear{1, 0};
    std::vector<double> weights = {1, 2};

    void load(const gradiva::StateImage& saved) {
        Loading loading{saved};
        const auto iterate = [](gradiva::Progress&) {};
        loop.run(gradiva::TrainOptions{.steps = 100}, *this, iterate, loading);
        gradiva::Progress progress;
        loop.report(0, {}, progress);
    }
    void visit_state(gradiva::State& state) {
        state.fixed("rate", rate);
        state("weights", weights);
    }
};

void restore_part(const gradiva::StateImage& saved) {
    Part part;
    const gradiva::StateImage before = gradiva::image_of(part);
    try {
        gradiva::restore("fuzzed", saved, part);
        // All that is there was read: what is written again is what was read.
        if (!gradiva::first_difference(gradiva::image_of(part), saved).empty()) std::abort();
    } catch (const gradiva::Error&) {
        if (!gradiva::first_difference(before, gradiva::image_of(part)).empty()) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::optional<gradiva::SafetensorsFile> file;
    try {
        file.emplace(std::as_bytes(std::span(data, size)), "fuzzed");
    } catch (const gradiva::Error&) {
        return 0;
    }
    const gradiva::StateImage saved = gradiva::detail::state_in(*file);
    restore_part(saved);
    Training().load(saved);
    return 0;
}
