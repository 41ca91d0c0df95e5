#include <gradiva/gradiva.hpp>
#include <gradiva/version.hpp>

const void* version_in_two();

int main() {
    // One entity in both files, not one for each.
    return version_in_two() == &gradiva::version_major ? 0 : 1;
}
