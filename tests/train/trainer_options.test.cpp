#include "gradiva/train/trainer_options.hpp"

#include "catch.hpp"
#include "gradiva/advantage/returns.hpp"
#include "helpers/field_count.hpp"

using namespace gradiva;

TEST_CASE("every option of a trainer is taken from the options of an algorithm by its name") {
    // Of options with all names, none of them with its default.
    const TrainerOptions given{.name = "not this one",
                               .horizon = 5,
                               .episodes = 6,
                               .store = 7,
                               .minibatch = 8,
                               .normalize_rewards = true,
                               .threads = 9};
    const TrainerOptions made = trainer_options("Mine", given);
    static_assert(gradiva_test::field_count<TrainerOptions>() == 7, "a new option needs its line here");
    CHECK(made.name == "Mine");
    CHECK(made.horizon == 5);
    CHECK(made.episodes == 6);
    CHECK(made.store == 7);
    CHECK(made.minibatch == 8);
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

TEST_CASE("a trainer with a store of no rollout is refused") {
    struct Environments {
        Index size() const { return 2; }
    };
    const auto check = [](Index store) {
        detail::check_trainer({.name = "Mine", .horizon = 5, .store = store}, Environments{}, NoCritic{}, RewardToGo{});
    };
    CHECK_NOTHROW(check(1));
    CHECK_THROWS_WITH(check(0), "Mine: store is 0; keep at least 1 rollout");
}
