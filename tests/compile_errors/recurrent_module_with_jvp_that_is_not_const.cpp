// expect first: gradiva: a Module's jvp is ConstMatrixMap<Scalar> jvp(Tape&, std::span<const Scalar> v) const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::GruNetwork<float> {
    using GruNetwork::GruNetwork;
    gradiva::ConstMatrixMap<float> jvp(Tape&, std::span<const float>) { return {nullptr, 0, 0}; }
};

static_assert(gradiva::is_recurrent_module<Mine>);
