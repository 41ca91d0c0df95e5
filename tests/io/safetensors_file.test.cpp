#include "gradiva/io/safetensors_file.hpp"

#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "helpers/temporary_folder.hpp"
#include "io/small_files.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

const std::string a = R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})";

/// Whether a file is refused with these words after its name.
void check_refused(const std::string& file, const std::string& why) {
    CAPTURE(file.substr(0, 300));
    CHECK_THROWS_WITH(read_safetensors(file),
                      "SafetensorsFile: 'F' is damaged or no safetensors file: " + why + "; give another file");
}
void check_header_refused(const std::string& header, std::size_t data, const std::string& why) {
    check_refused(raw_safetensors(header, data), why);
}

}  // namespace

TEST_CASE("a file gives its tensors and texts, whatever the order of keys and however it is spaced") {
    const auto file = read_safetensors(
        raw_safetensors("{ \"b\": {\"data_offsets\":[4,8],\n\"shape\":[2, 2],\t\"dtype\":\"U8\"}," + a +
                            R"(,"__metadata__":{"k":"v","\u00e9":""},"none":{"dtype":"I64","shape":[3,0],)" +
                            R"("data_offsets":[8,8]},"":{"dtype":"BOOL","shape":[],"data_offsets":[8,9]}}   )",
                        9));
    REQUIRE(file.tensors().size() == 4);
    CHECK(file.find("a")->type == Dtype::f32);
    CHECK(file.find("a")->shape == std::vector<Index>{1});
    CHECK(file.find("a")->bytes.size() == 4);
    CHECK(file.find("b")->shape == std::vector<Index>{2, 2});
    CHECK(file.find("b")->bytes.data() == file.find("a")->bytes.data() + 4);
    CHECK(file.find("none")->bytes.empty());
    CHECK(file.find("")->shape.empty());
    CHECK(file.find("c") == nullptr);
    CHECK(file.texts() == SafetensorsFile::Texts{{"k", "v"}, {"\xC3\xA9", ""}});
    CHECK(*file.find_text("k") == "v");
    CHECK(file.find_text("l") == nullptr);
    CHECK_FALSE(file.has_checksum());
    CHECK(file.path() == "F");
}

TEST_CASE("the bytes of a file that was moved are still there") {
    auto first = read_safetensors(raw_safetensors("{" + a + "}", 4));
    const SafetensorsFile second = std::move(first);
    for (const std::byte byte : second.find("a")->bytes) CHECK(byte == std::byte{1});
}

TEST_CASE("a file without tensors is one") {
    CHECK(read_safetensors(raw_safetensors("{}")).tensors().empty());
    CHECK(read_safetensors(raw_safetensors(R"({"__metadata__":{}})")).texts().empty());
}

TEST_CASE("a length of the header that the file cannot have is refused before anything is allocated") {
    check_refused("", "it has 0 bytes, too few for a header's length");
    check_refused("1234567", "it has 7 bytes, too few for a header's length");
    for (const std::uint64_t length : {std::uint64_t{3}, std::uint64_t{1} << 60, ~std::uint64_t{0}}) {
        check_refused(raw_safetensors("{}", 0, length), "its header would have " + std::to_string(length) +
                                                            " bytes; the file has 10, a header at most 100000000");
    }
    const TemporaryFolder folder("large");  // a sparse file: it takes no space
    const std::uint64_t length = 100'000'001;
    write_text(folder / "F", raw_safetensors("{}", 0, length));
    std::filesystem::resize_file(folder / "F", std::uintmax_t{1} << 40);
    CHECK_THROWS_WITH(SafetensorsFile(folder / "F"), ContainsText("its header would have 100000001 bytes"));
}

TEST_CASE("a header that is no JSON object is refused") {
    for (const char* header : {"", " {}", "[]", "5", "\xEF\xBB\xBF{}"}) {
        check_header_refused(header, 0, "its header is no JSON object");
    }
    check_header_refused(std::string("{}\0{}", 5), 0, "its header is no JSON object");
    check_header_refused("{}{", 0, "its header is no JSON, by byte 3 of it");
    check_header_refused("{", 0, "its header is no JSON, by byte 2 of it");
    check_header_refused("{\"\xFF\":{}}", 0, "its header is no JSON, by byte 3 of it");
    check_header_refused("{" + a + ",}", 4, "its header is no JSON, by byte 55 of it");
    check_header_refused(R"({"a":{"shape":[1e999]}})", 0, "its header is no JSON, by byte 20 of it");
}

TEST_CASE("what has no place in a header is refused") {
    const auto refused = [](const std::string& json, const char* what) {
        check_header_refused(json, 4, std::string("in its header 'a' has ") + what + " that does not belong there");
    };
    refused(R"({"a":1})", "a number");
    refused(R"({"a":"text"})", "a text");
    refused(R"({"a":null})", "null");
    refused(R"({"a":true})", "a boolean");
    refused(R"({"a":[]})", "a list");
    refused(R"({"a":{"b":{}}})", "an object");
    refused(R"({"a":{"b":1}})", "a number");
    refused(R"({"a":{"b":[1]}})", "a list");
    refused(R"({"a":{"b":"F32"}})", "a text");
    refused(R"({"a":{"dtype":["F32"]}})", "a list");
    refused(R"({"a":{"shape":"1"}})", "a text");
    refused(R"({"a":{"shape":["1"]}})", "a text");
    refused(R"({"a":{"shape":[[1]]}})", "a list");
    refused(R"({"a":{"shape":[{}]}})", "an object");
    refused(R"({"a":{"shape":[null]}})", "null");
    refused(R"({"a":{"shape":[-1]}})", "a negative number");
    refused(R"({"a":{"shape":[1.0]}})", "a number that is not whole or too large");
    refused(R"({"a":{"shape":[18446744073709551616]}})", "a number that is not whole or too large");
    refused(R"({"a":{"shape":[9223372036854775808]}})", "too large a number");
    check_header_refused(R"({"__metadata__":{"k":1}})", 0,
                         "in its header '__metadata__' has a number that does not belong there");
    check_header_refused(R"({"__metadata__":{"k":{}}})", 0,
                         "in its header '__metadata__' has an object that does not belong there");
    check_header_refused(R"({"__metadata__":[]})", 0,
                         "in its header '__metadata__' has a list that does not belong there");
}

TEST_CASE("a header that nests deeply is refused at once") {
    for (const char* open : {"[", "{\"a\":"}) {
        std::string deep = "{\"a\":";
        for (int i = 0; i < 10'000; ++i) deep += open;
        CHECK_THROWS_WITH(read_safetensors(raw_safetensors(deep)), ContainsText("that does not belong there"));
    }
}

TEST_CASE("whatever is in a header twice is refused") {
    check_header_refused("{" + a + "," + a + "}", 4, "its header has two tensors 'a'");
    check_header_refused("{" + a + R"(,"\u0061":{}})", 4, "its header has two tensors 'a'");
    check_header_refused(R"({"__metadata__":{},"__metadata__":{}})", 0, "its header has two __metadata__");
    check_header_refused(R"({"__metadata__":{"k":"v","k":"v"}})", 0, "its header gives 'k' of '__metadata__' twice");
    check_header_refused(R"({"a":{"dtype":"F32","dtype":"F32"}})", 0, "its header gives 'dtype' of 'a' twice");
    check_header_refused(R"({"a":{"shape":[1],"shape":[1]}})", 0, "its header gives 'shape' of 'a' twice");
    check_header_refused(R"({"a":{"data_offsets":[],"data_offsets":[]}})", 0,
                         "its header gives 'data_offsets' of 'a' twice");
}

TEST_CASE("a tensor without one of its three properties, or of an unknown type, is refused") {
    const std::string lacks = "tensor 'a' lacks dtype, shape or data_offsets";
    check_header_refused(R"({"a":{}})", 0, lacks);
    check_header_refused(R"({"a":{"shape":[1],"data_offsets":[0,4]}})", 4, lacks);
    check_header_refused(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4, lacks);
    check_header_refused(R"({"a":{"dtype":"F32","shape":[1]}})", 4, lacks);
    for (const char* type : {"F8_E4M3", "f32", "", "C64"}) {
        check_header_refused(std::string(R"({"a":{"dtype":")") + type + "\"}}", 0,
                             std::string("tensor 'a' has the unknown dtype '") + type + "'");
    }
}

TEST_CASE("tensors that do not cover the data exactly are refused") {
    const auto b = [](const char* offsets) {
        return "{" + a + R"(,"b":{"dtype":"U8","shape":[2],"data_offsets":)" + offsets + "}}";
    };
    CHECK(read_safetensors(raw_safetensors(b("[4,6]"), 6)).tensors().size() == 2);
    check_header_refused(b("[5,7]"), 7, "tensor 'b' has data_offsets [5, 7], where byte 4 should be next");
    check_header_refused(b("[3,5]"), 5, "tensor 'b' has data_offsets [3, 5], where byte 4 should be next");
    check_header_refused(b("[0,2]"), 4, "tensor 'a' has data_offsets [0, 4], where byte 2 should be next");
    check_header_refused(b("[4,3]"), 4, "tensor 'b' has data_offsets [4, 3], where byte 4 should be next");
    check_header_refused(b("[4,6]"), 7, "its tensors have 6 bytes and its data 7");
    check_header_refused(b("[4,6]"), 5, "its tensors have 6 bytes and its data 5");
    check_header_refused(b("[4]"), 6, "tensor 'b' has not two data_offsets");
    check_header_refused(b("[4,6,6]"), 6, "tensor 'b' has not two data_offsets");
    check_header_refused("{}", 1, "its tensors have 0 bytes and its data 1");
}

TEST_CASE("a shape that does not fit the bytes is refused, whatever overflows") {
    const auto refused = [](const std::string& shape) {
        check_header_refused(R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,16]}})", 16,
                             "the shape of tensor 'a' does not fit its 16 bytes of F32");
    };
    for (const char* shape : {"[]", "[3]", "[5]", "[2,3]", "[0]", "[4611686018427387908]", "[4294967296,4294967300]",
                              "[4294967296,4294967296,0]", "[9223372036854775807]"}) {
        refused(shape);
    }
}

TEST_CASE("a name in an error is short and has no control characters") {
    const std::string name(1000, 'x');
    check_header_refused("{\"\\n\\u007f" + name + "\":1}", 0,
                         "in its header '??" + name.substr(0, 78) + "...' has a number that does not belong there");
}

TEST_CASE("a checksum that is not one is refused") {
    const auto refused = [](const std::string& metadata) {
        check_header_refused("{\"__metadata__\":{" + metadata + "}}", 0, "its checksum is not 16 plain digits");
    };
    refused(R"("gradiva.crc64":"")");
    refused(R"("gradiva.crc64":"000000000000000")");
    refused(R"("gradiva.crc64":"00000000000000000")");
    refused(R"("gradiva.crc64": "0000000000000000")");
    refused(R"("gradiva.crc6\u0034":"0000000000000000")");
    refused(R"("gradiva.crc64":"000000000000000\u0030")");
    CHECK_THROWS_WITH(read_safetensors(raw_safetensors(R"({"__metadata__":{"gradiva.crc64":"0000000000000000"}})")),
                      ContainsText("its checksum is 0000000000000000 and that of its bytes ") &&
                          ContainsText("take 'gradiva.crc64' out of its metadata"));
}
