// expect first: gradiva: a training that is saved needs a trainer with void visit_state(gradiva::State&)
#include <gradiva/gradiva.hpp>
#include <gradiva/io.hpp>

using namespace gradiva;

struct Mine {
    TrainLoop loop{"Mine"};
    template <class... Callbacks>
    Progress train(const TrainOptions& options, Callbacks&&... callbacks) {
        return loop.run(
            options, *this, [](Progress&) {}, callbacks...);
    }
};

void wrong() { Mine().train({.steps = 100}, Checkpoint("run.safetensors")); }
