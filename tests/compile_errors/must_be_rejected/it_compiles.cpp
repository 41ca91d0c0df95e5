// expect: this file compiles
int main() {}
