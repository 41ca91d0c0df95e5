#include "catch.hpp"

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_snapshot.hpp"

using namespace gradiva;

namespace {

struct Part {
    Index number = 0;
    std::vector<float> list;
};

/// A state with pieces of all shapes, whose sizes change.
struct Whole {
    double x = 1;
    MatrixBuffer<float> matrix{2, 3};
    std::string text = "text";
    std::vector<Part> parts = std::vector<Part>(3);
    bool throws = false;

    void visit_state(State& state) {
        state("x", x);
        state("matrix", matrix);
        state.fixed("text", text);
        state.each("parts", static_cast<Index>(parts.size()), [&](Index i) {
            state("number", parts[to_size(i)].number);
            state("list", parts[to_size(i)].list);
        });
        if (throws) throw std::runtime_error("no state");
        state("last", x);
    }
};

bool equal(const StateImage& a, const StateImage& b) {
    if (a.arrays().size() != b.arrays().size()) return false;
    for (std::size_t i = 0; i < a.arrays().size(); ++i) {
        const StateArray &l = a.arrays()[i], &r = b.arrays()[i];
        if (l.path != r.path || l.type != r.type || l.fixed != r.fixed || l.shape != r.shape || l.bytes != r.bytes ||
            (l.bytes > 0 && std::memcmp(l.data, r.data, to_size(l.bytes)) != 0)) {
            return false;
        }
    }
    return true;
}

}  // namespace

TEST_CASE("the image of a snapshot is that of the object when it was taken, whatever came before and after") {
    Whole whole;
    StateSnapshot snapshot;
    CHECK(!snapshot.is_taken());
    for (const Index size : {3, 7, 0, 2}) {
        whole.x += 0.5;
        whole.matrix.resize(2, size);
        whole.matrix.clear_columns({0, size});
        whole.parts.resize(to_size(size) + 1);
        for (Index i = 0; i <= size; ++i) {
            whole.parts[to_size(i)] = {i, std::vector<float>(to_size(i), static_cast<float>(i) + 0.25F)};
        }
        const StateImage then = image_of(whole);
        snapshot.take([&](State& state) { whole.visit_state(state); });
        whole.x = -1;
        whole.parts[0].number = 100;
        CHECK(snapshot.is_taken());
        CHECK(equal(snapshot.image(), then));
        CHECK(!equal(image_of(whole), then));
    }
}

TEST_CASE("there is no snapshot when the visit throws") {
    Whole whole;
    StateSnapshot snapshot;
    snapshot.take([&](State& state) { whole.visit_state(state); });
    whole.throws = true;
    CHECK_THROWS(snapshot.take([&](State& state) { whole.visit_state(state); }));
    CHECK(!snapshot.is_taken());
    whole.throws = false;
    const auto throw_within = [&](State& state) { state.within("part", [&] { throw std::runtime_error("no part"); }); };
    CHECK_THROWS(snapshot.take(throw_within));
    snapshot.take([&](State& state) { whole.visit_state(state); });
    CHECK(equal(snapshot.image(), image_of(whole)));
}
