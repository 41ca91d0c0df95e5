// expect first: gradiva: a training that is saved needs a distribution with void visit_state(gradiva::State&), or
// without members
#include "gradiva/core/state_image.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/actor.hpp"

using namespace gradiva;

class Mine : public Categorical<float> {
public:
    using Categorical<float>::Categorical;

private:
    void visit_state(State&);
};

void wrong(Actor<MlpNetwork<float>, Mine>& actor) { image_of(actor); }
