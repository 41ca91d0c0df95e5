#include "gradiva/core/dtype.hpp"

#include <cstddef>
#include <cstdint>

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("every type has its name and its bytes, and is found by its name") {
    const struct {
        Dtype type;
        const char* name;
        std::size_t bytes;
    } rows[] = {{Dtype::f64, "F64", 8},     {Dtype::f32, "F32", 4}, {Dtype::f16, "F16", 2}, {Dtype::bf16, "BF16", 2},
                {Dtype::i64, "I64", 8},     {Dtype::i32, "I32", 4}, {Dtype::i16, "I16", 2}, {Dtype::i8, "I8", 1},
                {Dtype::u64, "U64", 8},     {Dtype::u32, "U32", 4}, {Dtype::u16, "U16", 2}, {Dtype::u8, "U8", 1},
                {Dtype::boolean, "BOOL", 1}};
    for (const auto& row : rows) {
        CHECK(dtype_name(row.type) == row.name);
        CHECK(dtype_bytes(row.type) == row.bytes);
        CHECK(dtype_named(row.name) == row.type);
    }
    for (const char* name : {"", "f32", "F8_E4M3", "F32 ", "C64"}) CHECK_FALSE(dtype_named(name).has_value());
}

TEST_CASE("types of C++ have the type of their size and sign") {
    STATIC_REQUIRE(dtype_of<double>() == Dtype::f64);
    STATIC_REQUIRE(dtype_of<const float>() == Dtype::f32);
    STATIC_REQUIRE(dtype_of<bool>() == Dtype::boolean);
    STATIC_REQUIRE(dtype_of<std::byte>() == Dtype::u8);
    STATIC_REQUIRE(dtype_of<std::int8_t>() == Dtype::i8);
    STATIC_REQUIRE(dtype_of<char>() == Dtype::u8);  // signed on some processors, not on others
    STATIC_REQUIRE(dtype_of<std::uint8_t>() == Dtype::u8);
    STATIC_REQUIRE(dtype_of<std::int16_t>() == Dtype::i16);
    STATIC_REQUIRE(dtype_of<std::uint16_t>() == Dtype::u16);
    STATIC_REQUIRE(dtype_of<int>() == Dtype::i32);
    STATIC_REQUIRE(dtype_of<unsigned>() == Dtype::u32);
    STATIC_REQUIRE(dtype_of<std::ptrdiff_t>() == Dtype::i64);
    STATIC_REQUIRE(dtype_of<unsigned long long>() == Dtype::u64);
}
