// expect: gradiva: Acting(actor) needs an Actor, which knows its spaces; give a policy of your own its environments too:
// Acting(policy, envs)
#include <gradiva/gradiva.hpp>

using namespace gradiva;

using Base = Actor<MlpNetwork<float>, Categorical<float>>;
struct Mine : Base {
    using Base::Base;
    void spaces(int) const {}
};

void wrong(const Mine& policy) { Acting acting(policy); }
