/* Included once per policy: compares it with its actor, and returns 1 where they differ. See write_c_headers.cpp. */

#if defined(HYBRID)
#define ELEMENTS (1 + (int)(sizeof action[0].values / sizeof action[0].values[0]))
#define ELEMENT(i) ((i) == 0 ? (double)action[0].choice : (double)action[0].values[(i)-1])
#else
#define ELEMENTS SIZE(ACTION)
#define ELEMENT(i) ((double)action[i])
#endif

static int CHECK(const char* folder)
{
    char path[1000];
    double numbers[most_numbers];
    FILE* file;
    int n, i, failed = 0;
    if (OWN(self_test)() != 0) return failed_at(NAME, WHAT ", self test", 0, OWN(self_test)(), 0);
    OWN(reset)(0);
    sprintf(path, "%.900s/" NAME ".samples", folder);
    file = fopen(path, "rb");
    if (!file) return failed_at(NAME, "no samples", 0, 0, 0);
    for (n = 0; n < samples && !failed; ++n) {
        float observation[SIZE(OBSERVATION)];
        unsigned char mask[SIZE(MASK) + 1];
        OWN(real) head[SIZE(HEAD)], exact[SIZE(HEAD)];
        OWN(action) action[SIZE(ACTION)], untouched[SIZE(ACTION)];
        const double* next = numbers + 2;
        const size_t count = (size_t)(2 + SIZE(OBSERVATION) + SIZE(MASK) + 2 * SIZE(HEAD) + 3 * ELEMENTS);
        int result;
        if (count > most_numbers || fread(numbers, sizeof(double), count, file) != count) {
            failed = failed_at(NAME, "too few numbers", n, 0, 0);
            break;
        }
        for (i = 0; i < SIZE(OBSERVATION); ++i) observation[i] = (float)*next++;
        for (i = 0; i < SIZE(MASK); ++i) mask[i] = (unsigned char)*next++;
        memset(action, 77, sizeof action);
        memcpy(untouched, action, sizeof action);
        result = OWN(act)(observation, numbers[1] > 0 ? mask : 0, 0, action);
        if (result != (int)numbers[0]) failed = failed_at(NAME, WHAT ", result", n, result, numbers[0]);
        if (numbers[0] > 0) {
            if (memcmp(action, untouched, sizeof action) != 0) failed = failed_at(NAME, WHAT ", action", n, 0, 0);
            continue;
        }
        OWN(head)(observation, head);
        for (i = 0; i < SIZE(HEAD); ++i, next += 2) {
            exact[i] = (OWN(real))next[0];
            if (!is_near((double)head[i], next[0], next[1])) {
                failed = failed_at(NAME, WHAT ", head", n, (double)head[i], next[0]);
            }
        }
        for (i = 0; i < ELEMENTS; ++i) {
            const double* const b = next + 3 * i;
            if (!is_near(ELEMENT(i), b[0], b[1])) failed = failed_at(NAME, WHAT ", action", n, ELEMENT(i), b[0]);
        }
        OWN(mode)(exact, numbers[1] > 0 ? mask : 0, action);
        for (i = 0; i < ELEMENTS; ++i) {
            const double* const b = next + 3 * i;
            if (!is_near(ELEMENT(i), b[0], b[2])) failed = failed_at(NAME, WHAT ", mode", n, ELEMENT(i), b[0]);
        }
    }
    fclose(file);
    return failed;
}

#undef NAME
#undef WHAT
#undef INTEGERS
#undef REALS
#undef HYBRID
#undef CHECK
#undef OWN
#undef SIZE
#undef ELEMENTS
#undef ELEMENT
