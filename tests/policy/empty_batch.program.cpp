// Batches of no samples, with the assertions of the library and of Eigen, which the other tests may be built without.

#undef NDEBUG

#include "policy/empty_batch.hpp"

int main() {
    using namespace gradiva_test;
    const bool right = networks_take_nothing<float>() && networks_take_nothing<double>() &&
                       actors_take_nothing<float>() && actors_take_nothing<double>() && others_take_nothing<float>() &&
                       others_take_nothing<double>();
    std::puts(right ? "ok" : "a batch of no samples was not taken");
    return right ? 0 : 1;
}
