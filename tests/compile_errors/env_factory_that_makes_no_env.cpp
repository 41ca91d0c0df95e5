// expect: gradiva: Env needs Box observation_space() const
#include <gradiva/gradiva.hpp>

int main() {
    gradiva::Vectorized envs([](gradiva::Index) { return 1; }, {.count = 2});
}
