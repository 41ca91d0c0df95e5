// expect: gradiva: run_seeds needs a function of (std::uint64_t seed, Curve& record), const, that returns an Evaluation
#include <gradiva/gradiva.hpp>

int main() {
    gradiva::run_seeds(3, [](std::uint64_t) { return gradiva::Evaluation{}; });
}
