// Any safetensors file fills an actor with finite numbers, or is an Error and leaves the actor as it was.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <vector>

#include "gradiva/gradiva.hpp"
#include "gradiva/io.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gradiva;
    std::optional<SafetensorsFile> file;
    try {
        file.emplace(std::as_bytes(std::span(data, size)), "fuzzed");
    } catch (const Error&) {
        return 0;
    }
    Actor actor(MlpNetwork<float>(1, 1, {.hidden = {2}}, Rng(1, Purpose::initialisation, 0)),
                DiagonalGaussian<float>(1));
    const std::vector<float> before(actor.weights().begin(), actor.weights().end());
    try {
        load_torch_mlp(*file, actor, {.log_std = "log_std"});
        if (!std::ranges::all_of(actor.weights(), [](float x) { return std::isfinite(x); })) std::abort();
    } catch (const Error&) {
        if (!std::ranges::equal(before, actor.weights())) std::abort();
    }
    return 0;
}
