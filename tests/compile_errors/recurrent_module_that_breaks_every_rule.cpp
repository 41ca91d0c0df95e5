// expect: gradiva: RecurrentModule needs a copy constructor: a copy is a snapshot
// expect: gradiva: RecurrentModule needs std::span<Scalar> parameters(), std::span<const Scalar> parameters()
// expect: gradiva: RecurrentModule needs Index inputs() const and Index outputs() const
// expect: gradiva: RecurrentModule needs Index state_size() const
// expect: gradiva: RecurrentModule needs ConstMatrixMap<Scalar> forward(ConstMatrixRef<Scalar> x, const Sequences
// expect: gradiva: RecurrentModule needs ConstMatrixMap<Scalar> state_after(const Tape&, Index t) const
// expect: gradiva: RecurrentModule needs void backward(Tape&, ConstMatrixRef<Scalar> dy, std::span<Scalar> gradient)
#include <gradiva/gradiva.hpp>

struct Mine {
    using Scalar = float;
    struct Tape {};
    Mine() = default;
    Mine(const Mine&) = delete;
};

static_assert(gradiva::is_recurrent_module<Mine>);
