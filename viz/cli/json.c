/* viz/cli/json.c -- a result as JSON on standard output. See the header. */
#include "viz/cli/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *memory_or_end(size_t n)
{
    void *memory = malloc(n);

    if (memory)
        return memory;
    fputs("error: out of memory for the result\n", stderr);
    _exit(DS_NOMEM); /* and nothing of what stdout still holds */
}

void ds_json_begin(void)
{
    json_set_alloc_funcs(memory_or_end, free);
}

int ds_json_print(json_t *root, struct ds_err *err)
{
    const int failed = !root || json_dumpf(root, stdout, JSON_INDENT(1));

    json_decref(root);
    if (failed && !ferror(stdout))
        return ds_fail(err, DS_NOMEM, "out of memory for the result");
    putchar('\n');
    return 0;
}

json_t *ds_json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *ds_json_text(const char *text)
{
    json_t *made = text ? json_string(text) : NULL;

    return made ? made : json_null();
}
