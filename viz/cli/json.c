/* viz/cli/json.c -- a result as JSON on standard output. See the header. */
#include "viz/cli/json.h"

#include <math.h>
#include <stdio.h>

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
