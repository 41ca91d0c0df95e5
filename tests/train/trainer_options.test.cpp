#include "gradiva/train/trainer_options.hpp"

#include "catch.hpp"
#include "gradiva/advantage/returns.hpp"
#include "helpers/field_count.hpp"

using namespace gradiva;

namespace {

struct OfSequences {
    Index horizon = 40, sequence = 0;
};
struct OfShortSequences : OfSequences {
    static constexpr Index default_sequence = 16;
};

}  // namespace

TEST_CASE("every option of a trainer is taken from the options of an algorithm by its name") {
    // Of options with all names, none of them with its default.
    const TrainerOptions given{.name = "not this one",
                               .horizon = 5,
                               .episodes = 6,
                               .store = 7,
                               .minibatch = 8,
                               .sequence = 4,
                               .normalize_rewards = true,
                               .threads = 9};
    const TrainerOptions made = trainer_options("Mine", given);
    static_assert(gradiva_test::field_count<TrainerOptions>() == 8, "a new option needs its line here");
    CHECK(made.name == "Mine");
    CHECK(made.horizon == 5);
    CHECK(made.episodes == 6);
    CHECK(made.store == 7);
    CHECK(made.minibatch == 8);
    CHECK(made.sequence == 4);
    CHECK(made.normalize_rewards);
    CHECK(made.threads == 9);
}

TEST_CASE("fields that an algorithm has no option for have the defaults of TrainerOptions") {
    struct Options {
        Index horizon = 5;
    };
    const TrainerOptions made = trainer_options("Mine", Options{}), plain;
    CHECK(made.horizon == 5);
    CHECK(made.episodes == plain.episodes);
    CHECK(made.store == plain.store);
    CHECK(made.minibatch == plain.minibatch);
    CHECK(made.threads == plain.threads);
}

TEST_CASE("sequences have the length of the option, else the algorithm's, else that of whole columns") {
    CHECK(trainer_options("Mine", OfSequences{}).sequence == 0);
    CHECK(trainer_options("Mine", OfShortSequences{}).sequence == 16);
    CHECK(trainer_options("Mine", OfShortSequences{{.horizon = 12}}).sequence == 12);
    CHECK(trainer_options("Mine", OfShortSequences{{.sequence = 33}}).sequence == 33);
}

TEST_CASE("a trainer with a sequence beyond its horizon is refused") {
    struct Environments {
        Index size() const { return 2; }
    };
    const auto check = [](Index horizon, Index episodes, Index sequence) {
        check_trainer({.name = "Mine", .horizon = horizon, .episodes = episodes, .sequence = sequence},
                              Environments{}, NoCritic{}, RewardToGo{});
    };
    CHECK_NOTHROW(check(5, 0, 5));
    CHECK_NOTHROW(check(0, 1, 9));  // of whole episodes
    CHECK_THROWS_WITH(check(5, 0, 6),
                      "Mine: sequence is 6; give a number of steps from 1 to the horizon, 5, or 0 for "
                      "the default");
    CHECK_THROWS_WITH(check(5, 0, -1), ContainsText("Mine: sequence is -1;"));
    CHECK_THROWS_WITH(check(0, 1, -1), ContainsText("Mine: sequence is -1;"));
}

TEST_CASE("a trainer with a store of no rollout is refused") {
    struct Environments {
        Index size() const { return 2; }
    };
    const auto check = [](Index store) {
        check_trainer({.name = "Mine", .horizon = 5, .store = store}, Environments{}, NoCritic{}, RewardToGo{});
    };
    CHECK_NOTHROW(check(1));
    CHECK_THROWS_WITH(check(0), "Mine: store is 0; keep at least 1 rollout");
}
