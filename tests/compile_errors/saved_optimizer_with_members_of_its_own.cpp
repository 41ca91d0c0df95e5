// expect first: gradiva: this class inherits the visit_state of one that does not know its members; give it void
// visit_state(State&) that calls the inherited one and shows its own
#include <gradiva/gradiva.hpp>

using namespace gradiva;

struct Warm : Adam<float> {
    int steps = 0;
};

struct Part {
    Warm optimizer;
    void visit_state(State& state) { state("optimizer", optimizer); }
};

void wrong() {
    Part part;
    image_of(part);
}
