// expect: the first text
struct ItCompiles {};
