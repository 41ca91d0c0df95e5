#include "gradiva/rollout/batch_layout.hpp"

#include <cstdint>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "gradiva/rollout/sample_batch.hpp"
#include "rollout/blank_rollout.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Of 3 environments with 5, 3 and 4 samples, in sequences of 2; a state of one number per sequence, which is its
/// column.
struct Sequential {
    Rollout<float> rollout = blank_rollout<float>(3, 5);
    Minibatches order;
    Buffer<float> advantage;
    SampleBatch<float> batch;

    explicit Sequential(Index steps = 2) {
        rollout.actor_state_size = 1;
        rollout.sequence = steps;
        rollout.length[1] = 3;
        rollout.length[2] = 4;
        rollout.resize(5);
        std::iota(rollout.actor_state.data(), rollout.actor_state.data() + rollout.actor_state.cols(), 0.0F);
        order.reset(rollout, steps);
        advantage.resize(order.sample_count());
        std::iota(advantage.begin(), advantage.end(), 0.0F);
    }

    std::vector<Index> samples() const {
        return {batch.layout.samples(), batch.layout.samples() + batch.layout.size()};
    }
};

template <class T>
std::vector<T> vector_of(std::span<const T> x) {
    return {x.begin(), x.end()};
}

}  // namespace

TEST_CASE("sequences lie side by side, ordered by time, longer ones first") {
    Sequential s;
    // Positions: (first sample, length) 0: (0, 2), 1: (1, 2), 2: (2, 2), 3: (6, 2), 4: (7, 1), 5: (8, 2), 6: (12, 1)
    s.batch.gather_for_actor({s.rollout, s.order, s.advantage, {3, 7}});
    CHECK(s.samples() == std::vector<Index>{6, 8, 7, 12, 9, 11});
    CHECK(vector_of(s.batch.layout.width()) == std::vector<Index>{4, 2});
    CHECK(vector_of(std::as_const(s.batch.advantage).span()) == std::vector<float>{6, 9, 8, 11, 7, 10});
    // The states before steps 2 and 4: columns 3 to 5, and 6 to 8.
    CHECK(s.batch.actor_state.rows() == 1);
    CHECK(vector_of(std::span<const float>(s.batch.actor_state.data(), 4)) == std::vector<float>{3, 5, 4, 6});
}

TEST_CASE("an episode begins after the end of one within a sequence, and not at its first step") {
    Sequential s;
    end_episode(s.rollout, 0, 1);        // before a sequence
    end_episode(s.rollout, 0, 2);        // within one
    end_episode(s.rollout, 2, 2, true);  // the same
    s.batch.gather_for_actor({s.rollout, s.order, s.advantage, {0, 7}});
    const std::vector<Index> samples = s.samples();
    for (Index j = 0; j < s.batch.layout.size(); ++j) {
        const Index sample = samples[static_cast<std::size_t>(j)];
        CHECK(s.batch.layout.begins()[static_cast<std::size_t>(j)] == (sample == 9 || sample == 11 ? 1 : 0));
    }
}

TEST_CASE("single samples keep their order, and are one step") {
    Sequential s(1);
    s.batch.gather_for_actor({s.rollout, s.order, s.advantage, {2, 9}});
    CHECK(s.samples() == std::vector<Index>{2, 3, 4, 5, 6, 7, 8});
    CHECK(vector_of(s.batch.layout.width()) == std::vector<Index>{7});
    CHECK(vector_of(std::span<const float>(s.batch.actor_state.data(), 7)) == std::vector<float>{2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("sequences longer than those that the rollout has states of start where it has one") {
    Sequential s;
    s.order.reset(s.rollout, 5);
    s.batch.gather_for_actor({s.rollout, s.order, s.advantage, {0, 3}});
    CHECK(vector_of(s.batch.layout.width()) == std::vector<Index>{3, 3, 3, 2, 1});
    CHECK(vector_of(std::span<const float>(s.batch.actor_state.data(), 3)) == std::vector<float>{0, 2, 1});
    CHECK(s.samples() == std::vector<Index>{0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 12});
}

TEST_CASE("the states of the actor are gathered for it, those of the critic for that, and only where there are any") {
    Sequential s;
    s.rollout.critic_state_size = 2;
    s.rollout.resize(5);
    const OrderedSamples<float> samples{s.rollout, s.order, s.advantage, {0, 7}};
    s.batch.gather_for_actor(samples);
    CHECK(s.batch.actor_state.rows() == 1);
    CHECK(s.batch.critic_state.rows() == 0);
    s.batch.gather_for_critic(samples);
    CHECK(s.batch.critic_state.rows() == 2);
    s.rollout.actor_state_size = s.rollout.critic_state_size = 0;
    s.rollout.resize(5);
    s.batch.gather_for_actor(samples);
    s.batch.gather_for_critic(samples);
    CHECK(s.batch.actor_state.rows() == 0);
    CHECK(s.batch.critic_state.rows() == 0);
}
