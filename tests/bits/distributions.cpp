// Every distribution, every function of it that has a result per column.
#include <vector>

#include "bits/column_bits.hpp"
#include "gradiva/distributions/bernoulli.hpp"
#include "gradiva/distributions/beta.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/distributions/distribution.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/distributions/hybrid.hpp"
#include "gradiva/distributions/multi_categorical.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/env/space.hpp"

namespace gradiva_bits {

namespace {

using namespace gradiva;

/// A distribution's inputs, `most_columns` of each.
template <class D>
struct Inputs {
    using Scalar = typename D::Scalar;

    explicit Inputs(const D& d)
        : rng(7), head(normal_columns<Scalar>(d.head_size(), rng)),
          old_head(normal_columns<Scalar>(d.head_size(), rng)), direction(normal_columns<Scalar>(d.head_size(), rng)),
          noise(normal_columns<Scalar>(d.action_shape().reals, rng)),
          d_action(normal_columns<Scalar>(d.action_shape().reals, rng)), weight(normal_columns<Scalar>(1, rng)),
          action(d.action_shape(), most_columns) {
        for (Index i = 0; i < d.parameter_count(); ++i) own.push_back(static_cast<Scalar>(0.3 * rng.normal()));
        typename D::Tape tape;
        d.forward(std::as_const(old_head).matrix(), own, tape);
        std::vector<Rng> streams = streams_of({0, most_columns});
        d.sample(tape, streams, action.all());
    }

    static std::vector<Rng> streams_of(Range range) {
        std::vector<Rng> streams;
        for (Index j = range.begin; j < range.end; ++j) {
            streams.emplace_back(3, Purpose::action, static_cast<std::uint64_t>(j));
        }
        return streams;
    }

    Rng rng;
    MatrixBuffer<Scalar> head, old_head, direction, noise, d_action, weight;
    std::vector<Scalar> own;
    ActionBatch action;
};

/// The functions of one distribution on some columns: written to where these columns stand in larger buffers.
template <class D>
class Columns {
public:
    using Scalar = typename D::Scalar;

    Columns(const D& d, const Inputs<D>& inputs, Range range) : d_(d), in_(inputs), range_(range) {
        d.forward(in_.head.columns(range), in_.own, tape_);
        d.forward(in_.old_head.columns(range), in_.own, old_);
    }

    void sample(Outputs& out) {
        write_actions(out, [&](ActionView to) {
            std::vector<Rng> streams = Inputs<D>::streams_of(range_);
            d_.sample(tape_, streams, to);
        });
    }
    void mode(Outputs& out) {
        write_actions(out, [&](ActionView to) { d_.mode(tape_, to); });
    }
    void log_prob(Outputs& out) {
        write_values(out, [&](VectorMap<Scalar> to) { d_.log_prob(tape_, actions(), to); });
    }
    void entropy(Outputs& out) {
        write_values(out, [&](VectorMap<Scalar> to) { d_.entropy(tape_, to); });
    }
    void kl(Outputs& out) {
        write_values(out, [&](VectorMap<Scalar> to) { d_.kl(old_, tape_, to); });
    }
    void backward(Outputs& out) {
        std::vector<Scalar> d_own(in_.own.size());
        write_heads(out, [&](MatrixMap<Scalar> to) {
            d_.backward(tape_, actions(), weights(), Scalar(0), nullptr, Scalar(0), to, d_own);
        });
        write_heads(out, [&](MatrixMap<Scalar> to) {
            d_.backward(tape_, actions(), weights(), Scalar(0.3), &old_, Scalar(0.7), to, d_own);
        });
    }
    void fisher(Outputs& out) {
        std::vector<Scalar> out_own(in_.own.size());
        write_heads(
            out, [&](MatrixMap<Scalar> to) { d_.fisher(tape_, in_.direction.columns(range_), in_.own, to, out_own); });
    }
    void bounds(Outputs& out) {
        if constexpr (requires(ActionView to) { d_.to_environment(actions(), to); }) {
            ActionBatch sent(d_.action_shape(), most_columns);
            d_.to_environment(actions(), sent.columns(range_));
            write_actions(out, [&](ActionView to) { d_.from_environment(std::as_const(sent).columns(range_), to); });
            out.add_columns(sent.columns(range_).reals);
        }
    }
    void reparameterise(Outputs& out) {
        if constexpr (requires(MatrixMap<Scalar> to) { d_.reparameterise(tape_, in_.noise.columns(range_), to); }) {
            MatrixBuffer<Scalar> action(d_.action_shape().reals, most_columns);
            d_.reparameterise(tape_, in_.noise.columns(range_), action.columns(range_));
            out.add_columns(action.columns(range_));
            std::vector<Scalar> d_own(in_.own.size());
            write_heads(out, [&](MatrixMap<Scalar> to) {
                d_.reparameterised_backward(tape_, in_.noise.columns(range_), in_.d_action.columns(range_), to, d_own);
            });
        }
    }

private:
    ConstActionView actions() const { return in_.action.columns(range_); }
    ConstVectorMap<Scalar> weights() const { return {in_.weight.data() + range_.begin, range_.size()}; }

    template <class Write>
    void write_values(Outputs& out, const Write& write) {
        MatrixBuffer<Scalar> room(1, most_columns);
        VectorMap<Scalar> to(room.data() + range_.begin, range_.size());
        write(to);
        out.add_columns(to);
    }
    template <class Write>
    void write_heads(Outputs& out, const Write& write) {
        MatrixBuffer<Scalar> room(d_.head_size(), most_columns);
        write(room.columns(range_));
        out.add_columns(room.columns(range_));
    }
    template <class Write>
    void write_actions(Outputs& out, const Write& write) {
        ActionBatch room(d_.action_shape(), most_columns);
        write(room.columns(range_));
        out.add_columns(room.columns(range_).integers);
        out.add_columns(room.columns(range_).reals);
    }

    const D& d_;
    const Inputs<D>& in_;
    Range range_;
    typename D::Tape tape_, old_;
};

template <class D>
void check(const std::string& name, const D& d) {
    using C = Columns<D>;
    const Inputs<D> inputs(d);
    const auto of = [&](const char* function, void (C::*call)(Outputs&)) {
        check_columns(fmt::format("{}<{}>({}).{}", name, scalar_name<typename D::Scalar>(), d.head_size(), function),
                      [&](Range range, Outputs& out) {
                          C columns(d, inputs, range);
                          (columns.*call)(out);
                      });
    };
    of("sample", &C::sample);
    of("mode", &C::mode);
    of("log_prob", &C::log_prob);
    of("entropy", &C::entropy);
    of("kl", &C::kl);
    of("backward", &C::backward);
    of("fisher", &C::fisher);
    of("to_environment", &C::bounds);
    of("reparameterise", &C::reparameterise);
}

template <class Scalar>
void check_all() {
    for (const Index n : {1, 2, 3, 8, 17, 33}) {
        const Box box{.size = n, .low = {-2}, .high = {3}};
        check("Categorical", Categorical<Scalar>(n));
        check("EpsilonGreedy", EpsilonGreedy<Scalar>(n, 0.3));
        check("Bernoulli", Bernoulli<Scalar>(n));
        check("DiagonalGaussian", DiagonalGaussian<Scalar>(n));
        check("StateDependentGaussian", StateDependentGaussian<Scalar>(n));
        check("SquashedGaussian", SquashedGaussian<Scalar>(box));
        check("SquashedGaussian of StateDependentGaussian",
              SquashedGaussian<Scalar, StateDependentGaussian<Scalar>>(box));
        if (n < 10) check("Beta", Beta<Scalar>(box));
        check("Hybrid", Hybrid<Scalar>(3, n));
    }
    check("MultiCategorical", MultiCategorical<Scalar>(std::vector<Index>{3, 1, 18, 2}));
    check("Hybrid of Beta", Hybrid<Scalar, Beta<Scalar>>(2, Beta<Scalar>(Box{.size = 2, .low = {-1}, .high = {1}})));
}

}  // namespace

void check_distributions() {
    check_all<float>();
    check_all<double>();
}

}  // namespace gradiva_bits
