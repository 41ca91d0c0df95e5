// Files of the reference implementation are read, and it reads ours: tests/reference/safetensors_files.py.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/io.hpp"
#include "helpers/temporary_folder.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

#ifdef GRADIVA_PYTHON
const std::string python = GRADIVA_PYTHON;
#else
const std::string python = "python3";
#endif
const std::string reference = std::string(GRADIVA_SOURCE_DIR) + "/tests/reference/";
const std::vector<std::pair<std::string, std::string>> texts = {
    {"text", "caf\xC3\xA9 \"quoted\" \\ \n \xF0\x9F\x98\x80"}, {"empty", ""}};
const std::vector<double> last = {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                                  -0.0};

/// 0 1 2 3 0 1, and of BOOL whether they are odd, as the bytes of a type.
std::vector<std::byte> numbers_of(Dtype type) {
    constexpr int numbers[] = {0, 1, 2, 3, 0, 1};
    constexpr std::uint16_t halves[] = {0, 0x3C00, 0x4000, 0x4200};  // IEEE 754 binary16
    std::vector<std::byte> bytes;
    const auto append = [&](auto value) {
        const auto* begin = reinterpret_cast<const std::byte*>(&value);
        bytes.insert(bytes.end(), begin, begin + dtype_bytes(type));
    };
    for (const int n : numbers) {
        switch (type) {
            case Dtype::f64: append(double(n)); break;
            case Dtype::f32: append(float(n)); break;
            case Dtype::f16: append(halves[n]); break;
            case Dtype::boolean: append(n % 2 == 1); break;
            default: append(std::int64_t{n});
        }
    }
    return bytes;
}

constexpr Dtype types[] = {Dtype::f64, Dtype::f32, Dtype::f16, Dtype::i64, Dtype::i32, Dtype::i16,
                           Dtype::i8,  Dtype::u64, Dtype::u32, Dtype::u16, Dtype::u8,  Dtype::boolean};

std::string name_of(Dtype type) { return "of " + std::string(dtype_name(type)); }

}  // namespace

TEST_CASE("files of the reference implementation are read") {
    const SafetensorsFile file(reference + "safetensors_types.safetensors");
    CHECK(file.tensors().size() == std::size(types) + 3);
    for (const Dtype type : types) {
        const StoredTensor* tensor = file.find(name_of(type));
        REQUIRE(tensor != nullptr);
        CHECK(tensor->type == type);
        CHECK(tensor->shape == std::vector<Index>{2, 3});
        CHECK(std::vector(tensor->bytes.begin(), tensor->bytes.end()) == numbers_of(type));
    }
    CHECK(file.find("scalar")->shape.empty());
    CHECK(file.find("none")->shape == std::vector<Index>{2, 0, 3});
    CHECK(std::memcmp(file.find("nested/name")->bytes.data(), last.data(), 24) == 0);
    CHECK(file.texts() == SafetensorsFile::Texts(texts.begin(), texts.end()));
    CHECK_FALSE(file.has_checksum());

    CHECK(SafetensorsFile(reference + "safetensors_plain.safetensors").find("w")->shape == std::vector<Index>{6});
    CHECK(SafetensorsFile(reference + "safetensors_empty.safetensors").tensors().empty());
}

TEST_CASE("the reference implementation reads a file of ours") {
    if (std::system((python + " -c 'import safetensors.numpy' 2> /dev/null").c_str()) != 0) {
        const std::string reason = python + " has no module safetensors with numpy: tools/setup.sh --python";
        if (std::getenv("GRADIVA_NO_SKIP") != nullptr) FAIL(reason);
        WARN("skipped: " << reason);
        return;
    }
    const TemporaryFolder folder("interoperability");
    std::vector<std::vector<std::byte>> numbers;
    for (const Dtype type : types) numbers.push_back(numbers_of(type));
    const float scalar = -1.5F;
    const std::vector<Index> three = {3}, two_rows = {2, 3}, none = {2, 0, 3};
    SafetensorsWriter writer;
    for (const auto& [key, text] : texts) {
        writer.add_text(key, text);
    }
    writer.add("none", none, static_cast<const float*>(nullptr));
    for (std::size_t i = std::size(types); i-- > 0;)
        writer.add(name_of(types[i]), types[i], two_rows, numbers[i].data());
    writer.add("scalar", {}, &scalar);
    writer.add("nested/name", three, last.data());
    writer.write(folder / "ours.safetensors");
    const std::string command = python + " " + reference + "safetensors_files.py --check " + folder / "ours.safetensors";
    CHECK(std::system(command.c_str()) == 0);
}
