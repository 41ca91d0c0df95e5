// Writing the same names and shapes again allocates what opening and renaming a file does, however many tensors there
// are.
#include "helpers/count_malloc.hpp"

#include "gradiva/io.hpp"
#include "helpers/temporary_folder.hpp"

namespace {

/// Allocations of the third write of so many tensors and texts.
long allocations(const std::string& path, int count) {
    const std::vector<float> numbers(100);
    const std::vector<gradiva::Index> shape = {10, 10};
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back("critic/optimizer/first_moment/" + std::to_string(i));
    gradiva::SafetensorsWriter writer;
    long before = 0;
    for (int i = 0; i < 3; ++i) {
        before = count_malloc::calls;
        writer.clear();
        for (const std::string& name : names) {
            writer.add(name, shape, numbers.data());
            writer.add_text(name, name);
        }
        writer.write(path);
    }
    return count_malloc::calls - before;
}

}  // namespace

int main() {
    return count_malloc::judge([] {
        const gradiva_test::TemporaryFolder folder("allocation");
        const long few = allocations(folder / "F", 10), many = allocations(folder / "F", 500);
        fmt::print("{} allocations with 10 tensors, {} with 500\n", few, many);
        if (few != many || few > 40) ++count_malloc::failures;
    });
}
