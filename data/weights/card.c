/* data/weights/card.c -- what is assumed about a network, line by line. See the header. */
#include "data/weights/card.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void write_row(struct ds_card_row *row, const char *key, const char *source,
                      const char *format, va_list args)
{
    snprintf(row->key, sizeof row->key, "%s", key);
    snprintf(row->source, sizeof row->source, "%s", source);
    vsnprintf(row->value, sizeof row->value, format, args);
    row->assumed = !strncmp(source, "assumed", 7);
}

void ds_card_add(struct ds_card *c, const char *key, const char *source, const char *format,
                 ...)
{
    va_list args;

    if (c->rows == DS_CARD_ROWS)
        return;
    va_start(args, format);
    write_row(&c->row[c->rows++], key, source, format, args);
    va_end(args);
}

void ds_card_put(struct ds_card *c, const char *key, const char *source, const char *format,
                 ...)
{
    int at = 0;
    va_list args;

    while (at < c->rows && strcmp(c->row[at].key, key) != 0)
        at++;
    if (at == DS_CARD_ROWS)
        return;
    c->rows += at == c->rows;
    va_start(args, format);
    write_row(&c->row[at], key, source, format, args);
    va_end(args);
}

const struct ds_card_row *ds_card_lookup(const struct ds_card *c, const char *key)
{
    for (int i = 0; i < c->rows; i++)
        if (!strcmp(c->row[i].key, key))
            return &c->row[i];
    return NULL;
}
