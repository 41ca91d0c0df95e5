// expect first: the first text
// expect not: the second text
static_assert(false, "the first text");
static_assert(false, "the second text");
