// expect first: the second text
static_assert(false, "the first text");
static_assert(false, "the second text");
