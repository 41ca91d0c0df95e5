// expect: this text is not in the assertion
static_assert(false, "another text");
