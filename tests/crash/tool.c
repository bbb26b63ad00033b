/* tests/crash/tool.c -- what the scripts beside it need from C.
 * usage: crash_tool toy FOLDER         the smallest data set, into a folder that exists
 *        crash_tool alike WHOLE RUN    whether two runs ended with the same bytes (trial.h) */
#include <string.h>

#include "tests/crash/trial.h"

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "toy"))
        trial_toy(argv[2]);
    else if (argc == 4 && !strcmp(argv[1], "alike"))
        trial_alike(argv[2], argv[3]);
    else
        trial_fail("usage: crash_tool toy FOLDER | alike WHOLE RUN");
    return 0;
}
