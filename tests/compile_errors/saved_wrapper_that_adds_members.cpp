// expect: gradiva: this class adds members to one whose visit_state it inherits, which does not know them; give it void
// visit_state(State&) that calls the inherited one and shows its own expect not: a training that is saved needs
#include <gradiva/gradiva.hpp>

template <class E>
struct Tired : gradiva::Wrapper<E> {
    using gradiva::Wrapper<E>::Wrapper;
    bool awake = true;
};

using Envs = gradiva::Vectorized<gradiva::TimeLimit<Tired<gradiva::CartPole>>>;
static_assert(gradiva::explain_saved_vector_env<Envs>());
