/* The time of an action of walker.h: nanoseconds, the least of many measurements. */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <time.h>

#include "walker.h"

int main(void)
{
    enum { observations = 64, rounds = 400, actions = 512 };
    static float observation[observations][WALKER_OBSERVATION_SIZE];
    static walker_action action[WALKER_ACTION_SIZE];
    double best = 1e30;
    int i, n, round, failed = walker_self_test();
    for (n = 0; n < observations; ++n) {
        for (i = 0; i < WALKER_OBSERVATION_SIZE; ++i) observation[n][i] = (float)((37 * n + 11 * i) % 101) / 50.0f - 1.0f;
    }
    for (round = 0; round < rounds; ++round) {
        struct timespec begin, end;
        double time;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        for (n = 0; n < actions; ++n) failed += walker_act(observation[n % observations], 0, 0, action);
        clock_gettime(CLOCK_MONOTONIC, &end);
        time = ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / actions;
        if (time < best) best = time;
    }
    printf("%.0f ns\n", best);
    return failed;
}
