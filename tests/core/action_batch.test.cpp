#include "catch.hpp"

#include "gradiva/core/action_batch.hpp"

using namespace gradiva;

TEST_CASE("a batch of actions has the shape it was given, and either part may be empty") {
    ActionBatch batch({.integers = 1, .reals = 2}, 5);
    CHECK(batch.shape().integers == 1);
    CHECK(batch.shape().reals == 2);
    CHECK(batch.all().integers.cols() == 5);
    CHECK(batch.all().reals.cols() == 5);
    batch.resize({.integers = 3, .reals = 0}, 4);
    CHECK(batch.shape().reals == 0);
    CHECK(batch.all().integers.rows() == 3);
    CHECK(batch.all().reals.cols() == 4);
    CHECK(batch.all().reals.size() == 0);
}

TEST_CASE("columns of a batch of actions are views of it") {
    ActionBatch batch({.integers = 1, .reals = 1}, 4);
    ActionView some = batch.columns({1, 3});
    some.integers(0, 0) = 7;
    some.reals(0, 1) = 2.5F;
    const ActionBatch& fixed = batch;
    CHECK(fixed.all().integers(0, 1) == 7);
    CHECK(fixed.columns({2, 4}).reals(0, 0) == 2.5F);
    const ConstActionView read = some;
    CHECK(read.integers.data() == some.integers.data());
    CHECK(read.reals(0, 1) == 2.5F);
}

TEST_CASE("copying a column of a batch of actions copies both parts") {
    const ActionShape shape{.integers = 2, .reals = 1};
    ActionBatch from(shape, 3);
    ActionBatch to(shape, 2);
    from.all().integers.col(2) << 4, 5;
    from.all().reals(0, 2) = 0.5F;
    to.copy_column(1, from, 2);
    CHECK(to.all().integers(0, 1) == 4);
    CHECK(to.all().integers(1, 1) == 5);
    CHECK(to.all().reals(0, 1) == 0.5F);
    CHECK(to.all().integers.col(0).isZero());
    CHECK(to.all().reals(0, 0) == 0);
}
