/* Runs the self test of a policy, walker.h, on a Cortex-M4F, and counts what an action costs. Under `qemu -icount
 * shift=0` an instruction takes a nanosecond; SysTick counts the board's 25 MHz, 40 instructions a tick. */
#include <stdint.h>

#include "walker.h"

void print(const char* text);

static volatile uint32_t* const systick = (volatile uint32_t*)0xE000E010; /* control, reload, current */

static void print_number(const char* before, uint32_t number, const char* after)
{
    char digits[12];
    int i = 11;
    digits[i] = 0;
    do {
        digits[--i] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    print(before);
    print(digits + i);
    print(after);
}

int main(void)
{
    enum { actions = 100, instructions_per_tick = 40 };
    static float observation[WALKER_OBSERVATION_SIZE];
    static walker_action action[WALKER_ACTION_SIZE];
    const int failed = walker_self_test();
    uint32_t begin, ticks;
    int n;
    if (failed != 0) {
        print_number("the self test fails at example ", (uint32_t)failed, "\n");
        return 1;
    }
    systick[1] = 0xFFFFFF;
    systick[2] = 0;
    systick[0] = 5; /* on, at the processor's clock */
    begin = systick[2];
    for (n = 0; n < actions; ++n) {
        observation[0] = (float)n;
        if (walker_act(observation, 0, 0, action) != 0) return 2;
    }
    ticks = (begin - systick[2]) & 0xFFFFFF;
    print_number("", ticks * instructions_per_tick / actions, " instructions per action\n");
    return 0;
}
