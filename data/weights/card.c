/* data/weights/card.c -- what is assumed about a network, line by line. See the header. */
#include "data/weights/card.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ds_card_add(struct ds_card *c, const char *key, const char *source, const char *format,
                 ...)
{
    struct ds_card_row *row = &c->row[c->rows];
    va_list args;

    assert(c->rows < DS_CARD_ROWS);
    snprintf(row->key, sizeof row->key, "%s", key);
    snprintf(row->source, sizeof row->source, "%s", source);
    va_start(args, format);
    vsnprintf(row->value, sizeof row->value, format, args);
    va_end(args);
    row->assumed = !strncmp(source, "assumed", 7);
    c->rows++;
}

const struct ds_card_row *ds_card_lookup(const struct ds_card *c, const char *key)
{
    for (int i = 0; i < c->rows; i++)
        if (!strcmp(c->row[i].key, key))
            return &c->row[i];
    return NULL;
}
