#include "gradiva/io/detail/onnx_messages.hpp"

#include <array>
#include <span>
#include <string>

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("an ONNX tensor is encoded field by field") {
    const std::array<float, 2> numbers = {1, -2};
    const auto tensor = detail::onnx_tensor("w", detail::OnnxType::f32, {2, 1}, std::as_bytes(std::span(numbers)));
    const std::string expected(
        "\x08\x02\x08\x01"  // dims
        "\x10\x01"          // data_type
        "\x42\x01w"         // name
        "\x4A\x08\x00\x00\x80\x3F\x00\x00\x00\xC0",
        19);  // raw_data
    CHECK(tensor.bytes() == expected);
}

TEST_CASE("an ONNX node is encoded field by field") {
    const detail::OnnxNode node{"ArgMax", {"a", "b"}, "c", {{"axis", Index{1}}}};
    CHECK(detail::onnx_node(node).bytes() ==
          "\x0A\x01"
          "a"
          "\x0A\x01"
          "b"
          "\x12\x01"
          "c"
          "\x1A\x01"
          "c"
          "\x22\x06"
          "ArgMax"
          "\x2A\x0B\x0A\x04"
          "axis"
          "\x18\x01\xA0\x01\x02");
}
