// A user's own program that reads and writes files.
#include <gradiva/io.hpp>

int main(int, char** argv) {
    const float number = 1;
    gradiva::SafetensorsWriter writer;
    writer.add("number", {}, &number);
    const std::string path = std::string(argv[0]) + ".safetensors";
    writer.write(path);
    return gradiva::SafetensorsFile(path).find("number") != nullptr ? 0 : 1;
}
