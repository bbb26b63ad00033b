/* viz/page/letters.h -- pieces of text that were shaped before. Public header.
 *
 * Shaping a label is most of the work of drawing it (120 labels: 1.65 ms, or 0.30 kept). A
 * window that draws the same labels again and again keeps their layouts here; pages, drawn
 * once, do not. */
#ifndef DS_VIZ_PAGE_LETTERS_H
#define DS_VIZ_PAGE_LETTERS_H

#include <stdint.h>

struct ds_lettering;
struct ds_letters;

/* NULL when there is no memory: then nothing is kept. */
struct ds_letters *ds_letters_new(void);
void ds_letters_free(struct ds_letters *l); /* NULL is fine */

/* A kept layout (PangoLayout *, borrowed), or NULL. */
void *ds_letters_find(const struct ds_letters *l, const char *text,
                      const struct ds_lettering *type);
/* Keeps one more; it holds a reference of its own. When full, all are let go. */
void ds_letters_keep(struct ds_letters *l, const char *text, const struct ds_lettering *type,
                     void *layout);

/* Height of capitals by size, or -1. */
double ds_letters_cap(const struct ds_letters *l, double size);
void ds_letters_keep_cap(struct ds_letters *l, double size, double cap);

#endif
