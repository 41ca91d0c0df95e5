#include "gradiva/learn/update_options.hpp"

#include "catch.hpp"
#include "helpers/field_count.hpp"

using namespace gradiva;

TEST_CASE("every option of an update is taken from the options of a trainer by its name") {
    // Of options with all names, none of them with its default.
    const UpdateOptions given{.minibatch = 7,
                              .epochs = 3,
                              .learning_rate = Linear{0.5, 0.25},
                              .entropy = 0.125,
                              .value_coefficient = 2,
                              .value_clip = Linear{0.75, 0},
                              .max_gradient_norm = 9,
                              .target_kl = 11,
                              .normalize_advantage = false,
                              .name = "not this one"};
    const UpdateOptions made = update_options("Mine", given);
    static_assert(gradiva_test::field_count<UpdateOptions>() == 10, "a new option needs its line here");
    CHECK(made.minibatch == 7);
    CHECK(made.epochs == 3);
    CHECK(made.learning_rate(0) == 0.5);
    CHECK(made.learning_rate(1) == 0.25);
    CHECK(made.entropy(0) == 0.125);
    CHECK(made.value_coefficient == 2);
    CHECK(made.value_clip(0) == 0.75);
    CHECK(made.value_clip(1) == 0);
    CHECK(made.max_gradient_norm == 9);
    CHECK(made.target_kl == 11);
    CHECK(!made.normalize_advantage);
    CHECK(made.name == "Mine");
}

TEST_CASE("an update of options without minibatch and epochs is one step on the whole rollout, without normalisation") {
    struct Options {
        Schedule learning_rate = 0.5;
    };
    const UpdateOptions made = update_options("Mine", Options{}), plain;
    CHECK(made.minibatch == all_samples);
    CHECK(made.epochs == 1);
    CHECK(made.learning_rate(0) == 0.5);
    CHECK(made.value_coefficient == plain.value_coefficient);
    CHECK(!made.normalize_advantage);
}
