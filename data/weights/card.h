/* data/weights/card.h -- what is assumed about a network, line by line. Public header.
 *
 * Wrong heads or a wrong epsilon give no error, only wrong attention. So everything that was
 * read, derived or assumed is a row: what, which value, who said so. */
#ifndef DS_DATA_WEIGHTS_CARD_H
#define DS_DATA_WEIGHTS_CARD_H

#include <stdbool.h>

enum { DS_CARD_ROWS = 40 };

struct ds_card_row {
    char key[24];     /* "heads" */
    char value[128];  /* "3, of 64 each" */
    char source[200]; /* "config.json: num_attention_heads" */
    bool assumed;     /* nobody said so: worth a second look */
};

struct ds_card {
    struct ds_card_row row[DS_CARD_ROWS];
    int rows;
};

/* Adds a row; `source` beginning with "assumed" marks it as such. A full card takes no more. */
void ds_card_add(struct ds_card *c, const char *key, const char *source, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

/* The same in place of the row of that key, where there is one. */
void ds_card_put(struct ds_card *c, const char *key, const char *source, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

const struct ds_card_row *ds_card_lookup(const struct ds_card *c, const char *key);

#endif
