// expect first: gradiva: a training that is saved needs a distribution with void visit_state(gradiva::State&), or
// without members
#include <gradiva/gradiva.hpp>

using namespace gradiva;

struct Mine {
    int choices = 2;
};

void wrong(State& state, Mine& mine) { visit_distribution(state, "distribution", mine); }
