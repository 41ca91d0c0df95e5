// Files without exceptions: what is written is read again, and a damaged file reaches the error handler.
#ifdef __cpp_exceptions
#error "this program is there to be compiled with -fno-exceptions"
#endif

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gradiva/io.hpp"
#include "helpers/temporary_folder.hpp"

using namespace gradiva;

namespace {

const gradiva_test::TemporaryFolder* folder = nullptr;

void expect_text(const char* text) {
    const bool right =
        std::string_view(text).find("no safetensors file: its header is no JSON, by byte ") != std::string_view::npos;
    std::printf("%s: a damaged file reaches the handler\n", right ? "ok" : text);
    std::fflush(stdout);
    std::filesystem::remove_all(folder->path());
    std::_Exit(right ? 0 : 1);
}

}  // namespace

int main() {
    const gradiva_test::TemporaryFolder own("without_exceptions");
    folder = &own;
    const std::string path = own / "F";
    const double number = 2.5;
    SafetensorsWriter writer;
    writer.add("number", {}, &number);
    writer.write(path);
    if (!SafetensorsFile(path).has_checksum()) return 1;
    std::puts("ok: what is written is read again");

    std::string text = gradiva_test::read_text(path);
    text[9] = '{';
    gradiva_test::write_text(path, text);
    set_error_handler(&expect_text);
    SafetensorsFile damaged(path);
    return 1;
}
