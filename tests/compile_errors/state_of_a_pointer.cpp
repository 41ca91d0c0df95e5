// expect first: gradiva: a piece of state is a number, text, an array, a vector (not of bool) or an optional of them,
// or has void visit_state(State&) or static constexpr bool saved_as_bytes = true
#include <gradiva/gradiva.hpp>

using namespace gradiva;

struct Part {
    int* size = nullptr;
    void visit_state(State& state) { state("size", size); }
};

void wrong() {
    Part part;
    image_of(part);
}
