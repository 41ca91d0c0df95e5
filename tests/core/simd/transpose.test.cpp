#include "gradiva/core/simd/transpose.hpp"

#include <vector>

#include "catch.hpp"
#include "gradiva/core/types.hpp"
#include "helpers/random.hpp"

using namespace gradiva;
using gradiva_test::random_matrix;

TEMPLATE_TEST_CASE("columns_to_lanes and its inverse work for any number of columns, rows and stride", "", float,
                   double) {
    using T = TestType;
    constexpr Index width = simd::lanes<T>;
    Rng rng(1);
    for (Index rows = 1; rows <= 20; ++rows) {
        for (Index count = 1; count <= width; ++count) {
            for (const Index more : {0, 1, 3}) {
                CAPTURE(rows, count, more);
                const Matrix<T> from = random_matrix<T>(rows + more, count, rng);
                std::vector<T> lanes(static_cast<std::size_t>(rows * width), T(99));
                simd::columns_to_lanes(from.data(), rows + more, rows, count, lanes.data());
                for (Index i = 0; i < rows; ++i) {
                    for (Index j = 0; j < width; ++j) {
                        REQUIRE(lanes[static_cast<std::size_t>(i * width + j)] == (j < count ? from(i, j) : T(0)));
                    }
                }
                Matrix<T> back = Matrix<T>::Constant(rows + more, count, T(99));
                simd::lanes_to_columns(lanes.data(), rows, count, back.data(), rows + more);
                REQUIRE(back.topRows(rows) == from.topRows(rows));
                REQUIRE((back.bottomRows(more).array() == T(99)).all());
            }
        }
    }
}
