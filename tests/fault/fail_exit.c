/* tests/fault/fail_exit.c -- _exit in the coverage build: the lines that led there count, too. */
#include "tests/fault/fail_int.h"

void __gcov_dump(void);
_Noreturn void __real__exit(int code);
_Noreturn void __wrap__exit(int code);
_Noreturn void __wrap__exit(int code)
{
    fault_over();
    __gcov_dump();
    __real__exit(code);
}
