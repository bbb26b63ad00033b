/* tests/data/h5_plugin.c -- a filter for libhdf5 that leaves a mark as soon as it is loaded. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void loaded(void)
{
    const char *mark = getenv("DS_PLUGIN_MARK");
    FILE *f = mark ? fopen(mark, "w") : NULL;

    if (f)
        fclose(f);
}
