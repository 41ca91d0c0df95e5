#include "gradiva/io/safetensors_writer.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "helpers/sanitizer.hpp"
#include "helpers/small_disk.hpp"
#include "helpers/temporary_folder.hpp"
#include "io/small_files.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using Shape = std::vector<Index>;

template <class T>
std::vector<T> elements(const StoredTensor& tensor) {
    std::vector<T> all(tensor.bytes.size() / sizeof(T));
    if (!all.empty()) std::memcpy(all.data(), tensor.bytes.data(), tensor.bytes.size());
    return all;
}

}  // namespace

TEST_CASE("what is written is read again, with a right checksum") {
    const TemporaryFolder folder("writer");
    const std::string path = folder / "F";
    const std::array<double, 4> doubles = {std::nan(""), -0.0, 5e-324, std::numeric_limits<double>::infinity()};
    const std::array<std::uint64_t, 2> large = {~std::uint64_t{0}, 1};
    const std::array<bool, 3> flags = {true, false, true};
    const std::uint16_t half = 0x3F80;
    SafetensorsWriter writer;
    writer.add("flags", Shape{3}, flags.data());
    writer.add("a \"name\"\n\xC3\xA9", Shape{2, 2}, doubles.data());
    writer.add_text("text", "a \"text\" \\ \n\x01\xC3\xA9");
    writer.add("large", Shape{2}, large.data());
    writer.add("half", Dtype::bf16, {}, &half);
    writer.add_text("empty", "");
    writer.add("none", Shape{2, 0}, static_cast<const float*>(nullptr));
    writer.write(path);

    const SafetensorsFile file(path);
    CHECK(file.has_checksum());
    CHECK(file.texts() == SafetensorsFile::Texts{{"text", "a \"text\" \\ \n\x01\xC3\xA9"}, {"empty", ""}});
    REQUIRE(file.tensors().size() == 5);
    const StoredTensor& stored = *file.find("a \"name\"\n\xC3\xA9");
    CHECK(stored.type == Dtype::f64);
    CHECK(stored.shape == Shape{2, 2});
    CHECK(std::memcmp(stored.bytes.data(), doubles.data(), sizeof doubles) == 0);
    CHECK(elements<std::uint64_t>(*file.find("large")) == std::vector<std::uint64_t>{large.begin(), large.end()});
    CHECK(elements<std::uint8_t>(*file.find("flags")) == std::vector<std::uint8_t>{1, 0, 1});
    CHECK(file.find("half")->type == Dtype::bf16);
    CHECK(file.find("half")->shape.empty());
    CHECK(file.find("none")->shape == Shape{2, 0});
    for (const auto& [name, tensor] : file.tensors()) {
        const auto address = reinterpret_cast<std::uintptr_t>(tensor.bytes.data());
        CHECK(address % dtype_bytes(tensor.type) == 0);
    }
}

TEST_CASE("a file lies byte for byte as the format says") {
    const TemporaryFolder folder("writer");
    const std::string header = R"({"__metadata__":{"gradiva.crc64":"e2b83d282661efe3","k":"v"},)"
                               R"("w":{"dtype":"F32","shape":[3,1],"data_offsets":[0,12]},)"
                               R"("flag":{"dtype":"U8","shape":[],"data_offsets":[12,13]}})";
    const std::string file = small_safetensors(folder);
    const std::size_t padded = (header.size() + 7) / 8 * 8;
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), 8);
    CHECK(length == padded);
    CHECK(file.substr(8, padded) == header + std::string(padded - header.size(), ' '));
    CHECK(file.size() == 8 + padded + 13);
}

TEST_CASE("a cleared writer writes other tensors, and the same again") {
    const TemporaryFolder folder("writer");
    const float number = 1;
    SafetensorsWriter writer;
    for (const char* name : {"one", "two", "one"}) {
        writer.clear();
        writer.add(name, Shape{1}, &number);
        writer.add_text(name, "text");
        writer.write(folder / "F");
        const SafetensorsFile file(folder / "F");
        CHECK(file.tensors().size() == 1);
        CHECK(file.texts().size() == 1);
        CHECK(file.find(name) != nullptr);
        CHECK(file.find_text(name) != nullptr);
    }
    writer.clear();
    writer.write(folder / "F");
    CHECK(SafetensorsFile(folder / "F").tensors().empty());
}

TEST_CASE("tensors are read when the file is written, not when they are added") {
    const TemporaryFolder folder("writer");
    float number = 1;
    SafetensorsWriter writer;
    writer.add("x", Shape{1}, &number);
    for (number = 2; number < 5; ++number) {
        writer.write(folder / "F");
        CHECK(elements<float>(*SafetensorsFile(folder / "F").find("x")) == std::vector<float>{number});
    }
}

TEST_CASE("the checksum is that of the file that is written, and changes with its bytes") {
    const TemporaryFolder folder("writer");
    float number = 1;
    SafetensorsWriter writer;
    writer.add("x", Shape{1}, &number);
    const std::uint64_t first = writer.checksum();
    CHECK(writer.write(folder / "F") == first);
    CHECK_THAT(gradiva_test::read_text(folder / "F"),
               ContainsText(fmt::format("\"gradiva.crc64\":\"{:016x}\"", first)));
    CHECK(writer.checksum() == first);
    number = 2;
    CHECK(writer.checksum() != first);
}

TEST_CASE("a kept copy stays when the file is replaced") {
    const TemporaryFolder folder("writer");
    float number = 1;
    SafetensorsWriter writer;
    writer.add("x", Shape{1}, &number);
    writer.write(folder / "F", "1");
    number = 2;
    writer.write(folder / "F");
    CHECK(folder.names() == std::set<std::string>{"F", "F.1"});
    CHECK(elements<float>(*SafetensorsFile(folder / "F").find("x")) == std::vector<float>{2});
    CHECK(elements<float>(*SafetensorsFile(folder / "F.1").find("x")) == std::vector<float>{1});
}

TEST_CASE("what cannot be written as asked is an error") {
    const TemporaryFolder folder("writer");
    const float number = 1;
    SafetensorsWriter writer;
    for (const char* name : {"", "__metadata__", "\xFF", "\xED\xA0\x80"}) {
        CHECK_THROWS_WITH(writer.add(name, Shape{1}, &number), ContainsText("is empty, reserved or not UTF-8"));
    }
    CHECK_THROWS_WITH(writer.add_text("gradiva.crc64", ""), ContainsText("is empty, reserved or not UTF-8"));
    CHECK_THROWS_WITH(writer.add_text("\xC0\x80", ""), ContainsText("is empty, reserved or not UTF-8"));
    CHECK_THROWS_WITH(writer.add_text("k", "\xFF"),
                      "SafetensorsWriter: the text of 'k' is not UTF-8; write bytes as a "
                      "tensor");
    for (const Shape& shape : {Shape{-1}, Shape{Index{1} << 61, 4}, Shape{Index{1} << 62}}) {
        CHECK_THROWS_WITH(writer.add("x", shape, &number),
                          ContainsText("tensor 'x' has a negative size, or is too large"));
    }
    CHECK_THROWS_WITH(writer.add("x", Shape{2}, static_cast<const float*>(nullptr)),
                      "SafetensorsWriter: tensor 'x' has no data; only one without elements may have none");
    writer.add("x", Shape{}, &number);
    writer.add("y", Shape{}, &number);
    writer.add("x", Shape{}, &number);
    CHECK_THROWS_WITH(writer.write(folder / "F"), "SafetensorsWriter: 'x' was added twice; give each its own name");
    writer.clear();
    writer.add("k", Shape{}, &number);
    writer.add_text("k", "");
    writer.write(folder / "F");  // a text and a tensor may have one name
    writer.add_text("k", "");
    CHECK_THROWS_WITH(writer.write(folder / "F"), "SafetensorsWriter: 'k' was added twice; give each its own name");
    writer.clear();
    if (!sanitized) {  // under which it takes long
        writer.add_text("k", std::string(100'000'000, 'x'));
        CHECK_THROWS_WITH(writer.write(folder / "F"), ContainsText("more than the format's 100000000"));
    }
    CHECK(SafetensorsFile(folder / "F").tensors().size() == 1);
}

TEST_CASE("a file that could not be written leaves the former one, and the writer writes again") {
    const TemporaryFolder folder("writer");
    std::vector<float> numbers(1000);
    SafetensorsWriter writer;
    writer.add("x", Shape{1000}, numbers.data());
    writer.write(folder / "F");
    const std::string before = read_text(folder / "F");
    numbers[0] = 1;
    {
        const SmallDisk disk(2000);
        CHECK_THROWS_WITH(writer.write(folder / "F"), ContainsText("is the disk full? A former file is intact"));
    }
    CHECK(read_text(folder / "F") == before);
    CHECK(folder.names() == std::set<std::string>{"F"});
    writer.write(folder / "F");
    CHECK(elements<float>(*SafetensorsFile(folder / "F").find("x")) == numbers);
}
