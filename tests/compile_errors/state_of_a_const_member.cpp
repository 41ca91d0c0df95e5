// expect first: gradiva: a piece of state is a member that can be restored, not const and no temporary; what never
// changes is shown by state.fixed(name, value)
#include <gradiva/gradiva.hpp>

using namespace gradiva;

struct Part {
    const int size = 3;
    void visit_state(State& state) { state("size", size); }
};

void wrong() {
    Part part;
    image_of(part);
}
