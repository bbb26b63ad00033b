/* viz/cli/baked.c -- files inside the program, by name. See the header. */
#include "viz/cli/baked.h"

#include <string.h>

const char *ds_baked_text(const struct ds_baked *table, const char *name)
{
    while (table->name && strcmp(table->name, name))
        table++;
    return table->text;
}
