// A file of ours that was damaged on its way is refused.
#include <cstddef>
#include <string>

#include "catch.hpp"
#include "helpers/sanitizer.hpp"
#include "helpers/temporary_folder.hpp"
#include "io/small_files.hpp"

using namespace gradiva;
using namespace gradiva_test;

TEST_CASE("a file that is cut at any length is refused") {
    const TemporaryFolder folder("damage");
    const std::string file = small_safetensors(folder);
    REQUIRE(read_safetensors(file).has_checksum());
    for (std::size_t length = 0; length < file.size(); ++length) {
        CAPTURE(length);
        CHECK_THROWS_AS(read_safetensors(file.substr(0, length)), Error);
    }
    CHECK_THROWS_AS(read_safetensors(file + ' '), Error);
}

TEST_CASE("a file with any byte changed in any way is refused, or seen to have no checksum") {
    const TemporaryFolder folder("damage");
    std::string file = small_safetensors(folder);
    const std::size_t key = file.find("gradiva.crc64"), key_end = key + 13;
    std::size_t without = 0;
    for (std::size_t at = 0; at < file.size(); ++at) {
        const char right = file[at];
        for (int change = 1; change < 256; change += sanitized ? 25 : 1) {
            file[at] = static_cast<char>(right ^ change);
            try {
                const auto read = read_safetensors(file);
                if (read.has_checksum() || at < key || at >= key_end) FAIL("changed byte " << at << " by " << change);
                ++without;
            } catch (const Error&) {
            }
        }
        file[at] = right;
    }
    CHECK(without > (sanitized ? 20 : 1000));  // another key than that of the checksum
    CHECK(read_safetensors(file).has_checksum());
}
