// expect: gradiva: this class adds members to one whose visit_state it inherits, which does not know them; give it void
// visit_state(State&) that calls the inherited one and shows its own
#include <gradiva/gradiva.hpp>

struct Watched : gradiva::CartPoleBatch {
    gradiva::Index seen = 0;
};
static_assert(gradiva::explain_saved_vector_env<Watched>());
