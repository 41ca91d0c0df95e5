#include "catch.hpp"

#include "gradiva/core/buffer.hpp"
#include "helpers/sanitizer.hpp"

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

using namespace gradiva;

namespace {

template <class T>
bool is_aligned(const T* p) {
    return reinterpret_cast<std::uintptr_t>(p) % 64 == 0;
}

}  // namespace

TEMPLATE_TEST_CASE("elements start on a 64-byte boundary for any size", "", std::uint8_t, int, float, double) {
    for (Index size = 1; size < 40; ++size) {
        REQUIRE(is_aligned(Buffer<TestType>(size).data()));
        REQUIRE(is_aligned(MatrixBuffer<TestType>(size, 3).data()));
    }
    Buffer<TestType> growing;
    for (Index size = 1; size < 500; ++size) {
        growing.push_back(TestType(1));
        REQUIRE(is_aligned(growing.data()));
    }
}

TEST_CASE("a buffer starts with its value, and new elements are zero") {
    Buffer<float> buffer(3, 2.0F);
    CHECK(buffer.size() == 3);
    CHECK(std::accumulate(buffer.begin(), buffer.end(), 0.0F) == 6);
    buffer.resize(5);
    CHECK(buffer[2] == 2);
    CHECK(buffer[3] == 0);
    CHECK(buffer[4] == 0);
    buffer.assign(2, 7.0F);
    CHECK(buffer == Buffer<float>(2, 7.0F));
    CHECK_FALSE(buffer.empty());
    buffer.clear();
    CHECK(buffer.empty());
}

TEST_CASE("a buffer keeps its memory when it shrinks and its contents when it grows") {
    Buffer<int> buffer(100);
    std::iota(buffer.begin(), buffer.end(), 0);
    const int* before = buffer.data();
    buffer.resize(10);
    buffer.resize(100);
    CHECK(buffer.data() == before);
    buffer.resize(1000);
    for (Index i = 0; i < 10; ++i) CHECK(buffer[i] == i);
}

TEST_CASE("a copy of a buffer has its own elements, and a moved-from buffer is empty") {
    Buffer<int> buffer(3, 5);
    Buffer<int> copy = buffer;
    buffer[0] = 1;
    CHECK(copy == Buffer<int>(3, 5));
    const int* const place = buffer.data();
    const Buffer<int> moved = std::move(buffer);
    CHECK(moved.data() == place);
    CHECK(moved[0] == 1);
    CHECK(buffer.empty());
    buffer = copy;
    CHECK(buffer == copy);
    CHECK(buffer.data() != copy.data());
    buffer = std::move(copy);
    CHECK(buffer == Buffer<int>(3, 5));
    const Buffer<int>& itself = buffer;
    buffer = itself;
    CHECK(buffer == Buffer<int>(3, 5));
}

TEST_CASE("push_back accepts an element of the same buffer") {
    Buffer<int> buffer(1, 7);
    for (int i = 0; i < 100; ++i) buffer.push_back(buffer[0]);
    for (const int value : buffer) CHECK(value == 7);
}

TEST_CASE("push_back reallocates rarely") {
    Buffer<int> buffer;
    const int* last = nullptr;
    int moves = 0;
    for (Index size = 1; size <= 10'000; ++size) {
        buffer.resize(size);
        moves += buffer.data() == last ? 0 : 1;
        last = buffer.data();
    }
    CHECK(moves < 40);

    Buffer<int> reserved;
    reserved.reserve(10);
    const int* place = reserved.data();
    for (int i = 0; i < 10; ++i) reserved.push_back(i);
    CHECK(reserved.data() == place);
}

TEST_CASE("the views of a buffer refer to its elements") {
    Buffer<double> buffer(6);
    std::iota(buffer.begin(), buffer.end(), 0.0);
    const Buffer<double>& fixed = buffer;
    CHECK(fixed.vector().size() == 6);
    CHECK(fixed.vector().data() == buffer.data());
    CHECK(fixed.segment({3, 5}).size() == 2);
    CHECK(fixed.segment({3, 5})[1] == 4);
    CHECK(fixed.span().size() == 6);
    CHECK(as_vector(fixed.span())[5] == 5);
    CHECK(part(fixed.span(), 1, 3).size() == 3);
    CHECK(part(fixed.span(), 1, 3)[2] == 3);
    CHECK(part(fixed.span(), 6, 0).empty());

    buffer.vector()[0] = -1;
    buffer.segment({2, 4})[0] = -2;
    buffer.span()[4] = -4;
    as_vector(part(buffer.span(), 4, 2))[1] = -5;
    CHECK(std::vector<double>(fixed.begin(), fixed.end()) == std::vector<double>{-1, 1, -2, 3, -4, -5});
}

TEST_CASE("a matrix buffer keeps its columns while the number of rows is the same, and its memory always") {
    MatrixBuffer<float> buffer(3, 4);
    for (Index j = 0; j < 4; ++j) {
        for (Index i = 0; i < 3; ++i) buffer(i, j) = static_cast<float>(10 * i + j);
    }
    const float* before = buffer.data();
    buffer.resize(3, 2);
    buffer.resize(2, 6);
    CHECK(buffer.rows() == 2);
    CHECK(buffer.cols() == 6);
    CHECK(buffer.data() == before);
    buffer.resize(3, 2);
    buffer.resize(3, 50);
    for (Index j = 0; j < 2; ++j) {
        for (Index i = 0; i < 3; ++i) CHECK(buffer(i, j) == static_cast<float>(10 * i + j));
    }
}

TEST_CASE("the views of a matrix buffer are column-major") {
    MatrixBuffer<int> buffer(2, 3);
    std::iota(buffer.data(), buffer.data() + 6, 0);
    const MatrixBuffer<int>& fixed = buffer;
    CHECK(fixed(1, 2) == 5);
    CHECK(fixed.matrix()(0, 1) == 2);
    CHECK(fixed.columns({1, 3})(1, 0) == 3);
    CHECK(fixed.columns({1, 3}).cols() == 2);
    CHECK(fixed.column(2)[0] == 4);
    CHECK(fixed.column(2).size() == 2);
    buffer.matrix()(0, 0) = 7;
    buffer.columns({1, 2}).setConstant(8);
    buffer.column(2)[1] = 9;
    MatrixBuffer<int> expected(2, 3);
    expected.matrix() << 7, 8, 4, 1, 8, 9;
    CHECK(buffer == expected);
    expected(0, 0) = 0;
    CHECK_FALSE(buffer == expected);
}

TEST_CASE("columns are gathered in any order, with repetitions, for any number of rows") {
    const std::vector<Index> order = {4, 0, 0, 2};
    for (Index rows = 0; rows <= 6; ++rows) {
        MatrixBuffer<int> source(rows, 5);
        std::iota(source.data(), source.data() + rows * 5, 10);
        MatrixBuffer<double> some;
        some.gather_columns(source.data(), rows, order.data(), 4);
        REQUIRE(some.rows() == rows);
        REQUIRE(some.cols() == 4);
        for (Index j = 0; j < 4; ++j) {
            for (Index i = 0; i < rows; ++i) CHECK(some(i, j) == source(i, order[static_cast<std::size_t>(j)]));
        }
    }
    const std::vector<float> values = {5, 6, 7, 8, 9};
    Buffer<float> gathered;
    gathered.gather(values.data(), order.data(), 4);
    CHECK(std::vector<float>(gathered.begin(), gathered.end()) == std::vector<float>{9, 5, 5, 7});
}

TEST_CASE("a failed allocation is an error and leaves the buffer unchanged") {
    if (gradiva_test::sanitized) return;
    Buffer<double> buffer(3, 1.5);
    CHECK_THROWS_WITH(buffer.resize(Index{1} << 56),
                      ContainsText("there is no memory for 576460752303423488 more bytes"));
    REQUIRE(buffer.size() == 3);
    CHECK(buffer[2] == 1.5);
    buffer.resize(4);
    CHECK(buffer[3] == 0);
}
