/* Included once per policy: compares it with its actor, and returns 1 where they differ. See write_c_headers.cpp. */

#if defined(HYBRID)
#define ELEMENTS (1 + (int)(sizeof action[0].values / sizeof action[0].values[0]))
#define ELEMENT(i) ((i) == 0 ? (double)action[0].choice : (double)action[0].values[(i)-1])
#else
#define ELEMENTS SIZE(ACTION)
#define ELEMENT(i) ((double)action[i])
#endif

#if SIZE(STATE) > 0
#define STATE state
#define HEAD_OF(observation, head) OWN(head)(observation, state, next, head)
#else
#define STATE 0
#define HEAD_OF(observation, head) OWN(head)(observation, head)
#endif

static int CHECK(const char* folder)
{
#if SIZE(STATE) > 0
    OWN(real) state[SIZE(STATE)], next[SIZE(STATE)], before[SIZE(STATE)];
#endif
    char path[1000];
    double numbers[most_numbers];
    FILE* file;
    int n, i, failed = 0;
    if (OWN(self_test)() != 0) return failed_at(NAME, WHAT ", self test", 0, OWN(self_test)(), 0);
#if SIZE(STATE) == 0
    OWN(reset)(0);
#endif
    sprintf(path, "%.900s/" NAME ".samples", folder);
    file = fopen(path, "rb");
    if (!file) return failed_at(NAME, "no samples", 0, 0, 0);
    for (n = 0; n < samples && !failed; ++n) {
        float observation[SIZE(OBSERVATION)];
        unsigned char mask[SIZE(MASK) + 1];
        OWN(real) head[SIZE(HEAD)], exact[SIZE(HEAD)];
        OWN(action) action[SIZE(ACTION)], untouched[SIZE(ACTION)];
        const double* given = numbers + 3;
        const size_t count = (size_t)(3 + SIZE(OBSERVATION) + SIZE(MASK) + 2 * SIZE(HEAD) + 3 * ELEMENTS);
        int result;
        if (count > most_numbers || fread(numbers, sizeof(double), count, file) != count) {
            failed = failed_at(NAME, "too few numbers", n, 0, 0);
            break;
        }
        for (i = 0; i < SIZE(OBSERVATION); ++i) observation[i] = (float)*given++;
        for (i = 0; i < SIZE(MASK); ++i) mask[i] = (unsigned char)*given++;
        memset(action, 77, sizeof action);
        memcpy(untouched, action, sizeof action);
#if SIZE(STATE) > 0
        if (numbers[2] > 0) OWN(reset)(state);
        if (numbers[0] <= 0) HEAD_OF(observation, head);
        memcpy(before, state, sizeof state);
        if (OWN(act)(observation, 0, 0, action) != 4) failed = failed_at(NAME, WHAT ", no state", n, 0, 4);
#endif
        result = OWN(act)(observation, numbers[1] > 0 ? mask : 0, STATE, action);
        if (result != (int)numbers[0]) failed = failed_at(NAME, WHAT ", result", n, result, numbers[0]);
        if (numbers[0] > 0) {
            if (memcmp(action, untouched, sizeof action) != 0) failed = failed_at(NAME, WHAT ", action", n, 0, 0);
#if SIZE(STATE) > 0
            if (memcmp(state, before, sizeof state) != 0) failed = failed_at(NAME, WHAT ", state", n, 0, 0);
#endif
            continue;
        }
#if SIZE(STATE) > 0
        for (i = 0; i < SIZE(STATE); ++i) {
            if (!is_near((double)state[i], (double)next[i], 1e-6)) {
                failed = failed_at(NAME, WHAT ", next state", n, (double)state[i], (double)next[i]);
            }
        }
#else
        HEAD_OF(observation, head);
#endif
        for (i = 0; i < SIZE(HEAD); ++i, given += 2) {
            exact[i] = (OWN(real))given[0];
            if (!is_near((double)head[i], given[0], given[1])) {
                failed = failed_at(NAME, WHAT ", head", n, (double)head[i], given[0]);
            }
        }
        for (i = 0; i < ELEMENTS; ++i) {
            const double* const b = given + 3 * i;
            if (!is_near(ELEMENT(i), b[0], b[1])) failed = failed_at(NAME, WHAT ", action", n, ELEMENT(i), b[0]);
        }
        OWN(mode)(exact, numbers[1] > 0 ? mask : 0, action);
        for (i = 0; i < ELEMENTS; ++i) {
            const double* const b = given + 3 * i;
            if (!is_near(ELEMENT(i), b[0], b[2])) failed = failed_at(NAME, WHAT ", mode", n, ELEMENT(i), b[0]);
        }
    }
    fclose(file);
    return failed;
}

#undef STATE
#undef HEAD_OF
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
