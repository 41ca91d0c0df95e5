#include "gradiva/nn/recurrent_module.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/nn/check_module.hpp"
#include "gradiva/nn/gru.hpp"
#include "gradiva/nn/lstm.hpp"

using namespace gradiva;

namespace {

/// A GRU with one fault.
enum class Fault {
    none,
    ignores_begins,  ///< in all passes
    begins_all,      ///< where an episode begins in one sequence, it begins in all of the step
    crosses_begins,  ///< forward is right, backward passes a gradient to before a beginning
    forgets_state,   ///< the state before step 0 is taken to be 0
    first_state,     ///< state_after is always that of step 0
    late_state,      ///< forward overwrites what state_after returned before it reads the state
    half_state,      ///< state_after lacks a part of it
    short_state,     ///< state_after has a row less
    short_y,         ///< Y lacks a column
    shifts_states,   ///< with unequal widths the last sequences go on, not the first
    truncates,       ///< backward goes back two steps only
    leaks_time,      ///< a step depends on a later one
    spreads,         ///< a sequence depends on another
    wrong_jvp,
    wrong_dx,
    bits_of_width,
    gradient_after_end,  ///< sequences of unequal lengths have another gradient
};

class Faulty : public GruNetwork<double> {
    using Base = GruNetwork<double>;

public:
    struct Tape : Base::Tape {
        std::vector<std::uint8_t> begins;
        Matrix<double> state, y, x, last, tangent;
        std::vector<Index> width;
        std::vector<Range> parts;
    };

    explicit Faulty(Fault fault) : Base(3, 2, {.units = 4, .after = {3}}, Rng(1)), fault_(fault) {}

    ConstMatrixMap<double> forward(const ConstMatrixRef<double>& x, const Sequences<double>& s, Tape& tape) const {
        if (fault_ == Fault::late_state) tape.last.setZero();
        tape.begins.assign(s.begins.begin(), s.begins.end());
        tape.width.assign(s.width.begin(), s.width.end());
        tape.state = s.state;
        tape.x = x;
        const bool ragged = s.width.front() != s.width.back();
        for (Index t = 0; t < s.steps(); ++t) {
            const Range step = s.step(t);
            bool any = false;
            for (Index j = step.begin; j < step.end; ++j) {
                any = any || s.begins[to_size(j)] != 0;
                if (fault_ == Fault::ignores_begins) tape.begins[to_size(j)] = 0;
            }
            if (fault_ == Fault::begins_all && any)
                std::fill(tape.begins.begin() + step.begin, tape.begins.begin() + step.end, std::uint8_t{1});
            if (fault_ == Fault::shifts_states && ragged && t > 0 && step.size() < s.step(t - 1).size()) {
                tape.begins[to_size(step.begin)] = 1;
            }
        }
        if (fault_ == Fault::forgets_state) tape.state.setZero();
        for (Index n = 0; fault_ == Fault::leaks_time && s.steps() > 1 && n < s.width[1]; ++n) {
            tape.x.col(n) += 0.1 * tape.x.col(s.count() + n);
        }
        if (fault_ == Fault::spreads && s.count() > 1) tape.x.col(0) += 1e-3 * tape.x.col(1);
        const auto y = Base::forward(
            tape.x, {tape.width, tape.begins, {tape.state.data(), tape.state.rows(), tape.state.cols()}}, tape);
        tape.y = y;
        if (fault_ == Fault::bits_of_width && s.count() % 2 == 1) tape.y *= 1 + 1e-15;
        return {tape.y.data(), tape.y.rows(), tape.y.cols() - (fault_ == Fault::short_y ? 1 : 0)};
    }

    ConstMatrixMap<double> state_after(const Tape& tape, Index t) const {
        const auto state = Base::state_after(tape, fault_ == Fault::first_state ? 0 : t);
        auto& last = const_cast<Matrix<double>&>(tape.last);
        last = state;
        if (fault_ == Fault::half_state) last.topRows(2).setZero();
        return {last.data(), last.rows() - (fault_ == Fault::short_state ? 1 : 0), last.cols()};
    }

    void backward(Tape& tape, const ConstMatrixRef<double>& dy, std::span<double> gradient) const {
        Matrix<double> unused(3, dy.cols());
        backward(tape, dy, gradient, unused);
    }
    void backward(Tape& tape, const ConstMatrixRef<double>& dy, std::span<double> gradient,
                  MatrixRef<double> dx) const {
        const std::vector<std::uint8_t> begins = tape.begins;
        if (fault_ == Fault::crosses_begins) std::fill(tape.begins.begin(), tape.begins.end(), std::uint8_t{0});
        if (fault_ == Fault::truncates) {
            for (Index t = 0, at = 0; t < Index(tape.width.size()); at += tape.width[to_size(t++)]) {
                if (t % 2 == 0) std::fill_n(tape.begins.begin() + at, tape.width[to_size(t)], std::uint8_t{1});
            }
        }
        Base::backward(tape, dy, gradient, dx);
        if (fault_ == Fault::gradient_after_end && tape.width.front() != tape.width.back()) gradient[0] += 1;
        tape.begins = begins;
        for (Index n = 0; fault_ == Fault::leaks_time && tape.width.size() > 1 && n < tape.width[1]; ++n) {
            dx.col(tape.width[0] + n) += 0.1 * dx.col(n);
        }
        if (fault_ == Fault::wrong_dx) dx.col(0) *= 1.01;
    }

    ConstMatrixMap<double> jvp(Tape& tape, std::span<const double> v) const {
        tape.tangent = Base::jvp(tape, v);
        if (fault_ == Fault::wrong_jvp) tape.tangent *= 1.01;
        return {tape.tangent.data(), tape.tangent.rows(), tape.tangent.cols()};
    }

private:
    Fault fault_;
};

std::string message(Fault fault) {
    try {
        check_module(Faulty(fault), {.sequence = 5});
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEMPLATE_TEST_CASE("check_module tries recurrent modules over sequences", "", GruNetwork<double>, LstmNetwork<double>) {
    for (const Index steps : {1, 2, 5}) {
        CAPTURE(steps);
        const ModuleCheck check = check_module(
            TestType(3, 2, {.before = {4}, .units = 5, .normalize_observations = true}, Rng(1)), {.sequence = steps});
        CHECK(check.gradient_error < 1e-6);
        CHECK(check.input_gradient_error < 1e-6);
        CHECK(check.jvp_error < 1e-6);
        CHECK(check.same_bits_in_all_widths);
        CHECK(check.cost > 0);
    }
}

TEMPLATE_TEST_CASE("check_module tries recurrent modules in float", "", GruNetwork<float>, LstmNetwork<float>) {
    CHECK(check_module(TestType(3, 2, {.units = 20}, Rng(1)), {.sequence = 4}).same_bits_in_all_widths);
}

TEST_CASE("check_module says which rule of sequences a recurrent module breaks") {
    CHECK(message(Fault::none).empty());
    CHECK(contains(message(Fault::ignores_begins), "where an episode begins at step 0 of one sequence"));
    CHECK(contains(message(Fault::begins_all), "where an episode begins at step 0 of one sequence"));
    CHECK(contains(message(Fault::crosses_begins), "backward gives dL/dparameters["));
    CHECK(contains(message(Fault::forgets_state), "give other numbers than one pass over all"));
    CHECK(contains(message(Fault::first_state), "state_after"));
    CHECK(contains(message(Fault::late_state), "give other numbers than one pass over all"));
    CHECK(contains(message(Fault::half_state), "give other numbers than one pass over all"));
    CHECK(contains(message(Fault::short_state),
                   "state_after(4) returns a matrix of 3 x 8; return state_size() x the columns of the step, 4 x 8"));
    CHECK(contains(message(Fault::short_y), "forward returns a matrix of 2 x 39 for a batch of 40 columns"));
    CHECK(contains(message(Fault::shifts_states), "sequences of unequal lengths have other numbers"));
    CHECK(contains(message(Fault::truncates), "backward gives dL/dparameters["));
    CHECK(contains(message(Fault::leaks_time), "give other numbers than one pass over all"));
    CHECK(contains(message(Fault::spreads), "columns"));
    CHECK(contains(message(Fault::wrong_jvp), "jvp gives the tangent"));
    CHECK(contains(message(Fault::wrong_dx), "backward gives dX("));
    CHECK(contains(message(Fault::bits_of_width), "forward gives a column other bits"));
    CHECK(contains(message(Fault::gradient_after_end), "have another gradient than longer ones"));
}

TEST_CASE("check_module tries as many steps and sequences as it is told to") {
    const auto text = [](const CheckModuleOptions& options) -> std::string {
        try {
            check_module(Faulty(Fault::short_y), options);
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    };
    CHECK(contains(text({.columns = 3, .sequence = 7}), "2 x 20 for a batch of 21 columns"));
}

TEST_CASE("check_module refuses sequences without steps") {
    const GruNetwork<float> network(2, 1, {.units = 2}, Rng(1));
    CHECK_THROWS_WITH(check_module(network, {.sequence = 0}), "check_module: sequence is 0; give at least 1 step");
}
