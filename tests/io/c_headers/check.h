/* What the checks of all policies share; C99 and C++. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { samples = 1000, most_numbers = 256 };

static int failed_at(const char* name, const char* what, int sample, double got, double expected)
{
    printf("%s (%s), sample %d: %.9g in place of %.9g\n", name, what, sample, got, expected);
    return 1;
}

static int is_near(double x, double expected, double tolerance)
{
    return x - expected <= tolerance && expected - x <= tolerance;
}

#endif
