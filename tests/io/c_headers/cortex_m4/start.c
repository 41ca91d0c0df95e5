/* The start of a program on a Cortex-M4F, without a library: vector table, memory, floating-point unit. */
#include <stdint.h>

extern uint32_t stack_top, data_begin, data_end, data_in_flash, bss_begin, bss_end;

int main(void);
void reset_handler(void);
void fault_handler(void);

/* Semihosting: the debugger, here QEMU, carries out an operation. */
static void semihost(uint32_t operation, const void* argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void* r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void print(const char* text)
{
    semihost(4, text);
}

void leave(int status)
{
    const uint32_t exited_with[2] = {0x20026, (uint32_t)status};
    semihost(0x20, exited_with);
    for (;;) {
    }
}

/* Which compilers call for copies and zeros of structures and arrays. */
void* memcpy(void* to, const void* from, unsigned count);
void* memset(void* to, int byte, unsigned count);
void* memcpy(void* to, const void* from, unsigned count)
{
    unsigned i;
    for (i = 0; i < count; ++i) ((volatile unsigned char*)to)[i] = ((const unsigned char*)from)[i];
    return to;
}
void* memset(void* to, int byte, unsigned count)
{
    unsigned i;
    for (i = 0; i < count; ++i) ((volatile unsigned char*)to)[i] = (unsigned char)byte;
    return to;
}

void fault_handler(void)
{
    print("fault\n");
    leave(99);
}

void reset_handler(void)
{
    uint32_t *to, *from = &data_in_flash;
    *(volatile uint32_t*)0xE000ED88 |= 0xFu << 20; /* CPACR: access to the floating-point unit */
    __asm__ volatile("dsb\n isb");
    for (to = &data_begin; to < &data_end;) *to++ = *from++;
    for (to = &bss_begin; to < &bss_end;) *to++ = 0;
    leave(main());
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))(uintptr_t)&stack_top, reset_handler, fault_handler, fault_handler, fault_handler, fault_handler,
    fault_handler};
