#include "gradiva/core/simd/lanes.hpp"

#include <vector>

#include "catch.hpp"
#include "gradiva/core/simd/transpose.hpp"
#include "gradiva/core/types.hpp"

using namespace gradiva;

namespace {

simd::Floats counting_from(float first) {
    simd::Floats lanes{};
    for (Index k = 0; k < simd::lanes<float>; ++k) lanes[k] = first + static_cast<float>(k);
    return lanes;
}

}  // namespace

TEST_CASE("loads and stores work at any address and touch nothing else") {
    std::vector<float> from(simd::lanes<float> + 3), to(simd::lanes<float> + 3, -1.0F);
    for (std::size_t k = 0; k < from.size(); ++k) from[k] = static_cast<float>(k);
    for (std::size_t offset = 0; offset < 3; ++offset) {
        simd::store(simd::load_as<simd::Floats>(from.data() + offset), to.data() + 1);
        CHECK(to.front() == -1.0F);
        CHECK(to.back() == -1.0F);
        for (std::size_t k = 0; k < simd::lanes<float>; ++k) CHECK(to[k + 1] == from[k + offset]);
    }
}

TEST_CASE("partial loads give zeros in the other lanes, partial stores leave other elements unchanged") {
    for (Index count = 0; count <= simd::lanes<float>; ++count) {
        const std::vector<float> from(static_cast<std::size_t>(count), 5.0F);
        const simd::Floats lanes = simd::load_some_as<simd::Floats>(from.data(), count);
        std::vector<float> to(simd::lanes<float>, -1.0F);
        simd::store_some(lanes + 1.0F, to.data(), count);
        for (Index k = 0; k < simd::lanes<float>; ++k) {
            CHECK(lanes[k] == (k < count ? 5.0F : 0.0F));
            CHECK(to[static_cast<std::size_t>(k)] == (k < count ? 6.0F : -1.0F));
        }
    }
}

TEST_CASE("a comparison gives one byte per lane") {
    const simd::Bytes flags = simd::flags_of(counting_from(0) > 1.5F);
    for (Index k = 0; k < simd::lanes<float>; ++k) CHECK(int{flags[k]} == (k >= 2 ? 1 : 0));
}

TEST_CASE("two vectors are interleaved lane by lane") {
    const simd::Floats a = counting_from(0), b = counting_from(100);
    const simd::Floats lower = simd::zip_lower(a, b), upper = simd::zip_upper(a, b);
    for (Index k = 0; k < simd::lanes<float> / 2; ++k) {
        CHECK(lower[2 * k] == a[k]);
        CHECK(lower[2 * k + 1] == b[k]);
        CHECK(upper[2 * k] == a[simd::lanes<float> / 2 + k]);
        CHECK(upper[2 * k + 1] == b[simd::lanes<float> / 2 + k]);
    }
}

TEST_CASE("four rows are written as columns") {
    Matrix<float> columns(4, simd::lanes<float>);
    simd::store_columns(counting_from(0), counting_from(100), counting_from(200), counting_from(300), columns.data());
    for (Index j = 0; j < simd::lanes<float>; ++j) {
        for (Index i = 0; i < 4; ++i) CHECK(columns(i, j) == static_cast<float>(100 * i + j));
    }
}
