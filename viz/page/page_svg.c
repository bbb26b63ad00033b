/* viz/page/page_svg.c -- stable ids in Cairo's SVG.
 *
 * Cairo numbers images and patterns by a counter of the process, so the same page drawn later
 * gets other ids. Here every id="..." is renamed to i0, i1 ... in the order the document
 * defines them, and every #reference with it. Text content cannot contain either form: Cairo
 * writes glyphs as outlines and images as base64, which has no '#' and no '"'. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/page_int.h"

struct ids {
    struct {
        const char *at;
        size_t n;
    } *id;
    int count, room;
};

/* The end of an id or reference that begins at `at`. */
static size_t id_length(const char *at, const char *end)
{
    size_t n = 0;

    while (at + n < end && at[n] != '"' && at[n] != ')' && at[n] != '\'')
        n++;
    return n;
}

static bool add_id(struct ids *t, const char *at, size_t n)
{
    if (t->count == t->room) {
        const int room = t->room ? 2 * t->room : 256;
        void *grown = realloc(t->id, (size_t)room * sizeof *t->id);

        if (!grown)
            return false;
        t->id = grown;
        t->room = room;
    }
    t->id[t->count].at = at;
    t->id[t->count++].n = n;
    return true;
}

static bool collect_ids(struct ids *t, const char *at, const char *end)
{
    static const char key[] = " id=\"";
    const size_t k = sizeof key - 1;

    for (; at + k < end; at++)
        if (!memcmp(at, key, k) && !add_id(t, at + k, id_length(at + k, end)))
            return false;
    return true;
}

static int number_of(const struct ids *t, const char *at, size_t n)
{
    for (int i = 0; i < t->count; i++)
        if (t->id[i].n == n && !memcmp(t->id[i].at, at, n))
            return i;
    return -1;
}

static void add_text(struct ds_bytes *out, const char *text)
{
    for (; *text; text++) {
        const char *as = *text == '<'   ? "&lt;"
                         : *text == '>' ? "&gt;"
                         : *text == '&' ? "&amp;"
                                        : NULL;

        ds_bytes_add(out, as ? as : text, as ? strlen(as) : 1);
    }
}

static void add_title(struct ds_bytes *out, const struct ds_page *page)
{
    ds_bytes_add(out, "\n<title>", 8);
    add_text(out, page->title);
    ds_bytes_add(out, "</title>", 8);
    if (page->source) {
        ds_bytes_add(out, "\n<desc>", 7);
        add_text(out, page->source);
        ds_bytes_add(out, "</desc>", 7);
    }
}

/* Length of what introduces an id at `at`: ` id="`, `="#` or `url(#`; 0 otherwise. */
static size_t opener(const char *at, const char *end)
{
    static const char *const form[] = {" id=\"", "=\"#", "url(#", "url('#"};

    for (int i = 0; i < 4; i++) {
        const size_t n = strlen(form[i]);

        if ((size_t)(end - at) > n && !memcmp(at, form[i], n))
            return n;
    }
    return 0;
}

static void renumber(struct ds_bytes *out, const struct ids *t, const char *at, const char *end)
{
    const char *from = at;

    while (at < end) {
        const size_t open = opener(at, end);
        const size_t n = open ? id_length(at + open, end) : 0;
        const int number = open ? number_of(t, at + open, n) : -1;
        char name[24];

        if (number < 0) {
            at++;
            continue;
        }
        ds_bytes_add(out, from, (size_t)(at + open - from));
        snprintf(name, sizeof name, "i%d", number);
        ds_bytes_add(out, name, strlen(name));
        at += open + n;
        from = at;
    }
    ds_bytes_add(out, from, (size_t)(end - from));
}

void ds_svg_embed(struct ds_bytes *out, const unsigned char *svg, size_t n, const char *prefix)
{
    const char *at = (const char *)svg, *end = at + n, *from;

    while (end - at > 5 && memcmp(at, "<svg ", 5))
        at++;
    from = at;
    while (at < end) {
        const size_t open = opener(at, end);

        if (!open || at + open >= end || at[open] != 'i') {
            at++;
            continue;
        }
        ds_bytes_add(out, from, (size_t)(at + open - from));
        ds_bytes_add(out, prefix, strlen(prefix));
        from = at + open;
        at = from;
    }
    ds_bytes_add(out, from, (size_t)(end - from));
}

int ds_page_svg(struct ds_bytes *out, const struct ds_bytes *raw, const struct ds_page *page,
                struct ds_err *err)
{
    const char *begin = (const char *)raw->at, *end = begin + raw->n;
    const char *root = begin, *body;
    struct ids table = {0};
    int code = 0;

    while (end - root > 5 && memcmp(root, "<svg ", 5))
        root++;
    body = memchr(root, '>', (size_t)(end - root));
    if (!body || end - root <= 5) {
        code = ds_fail(err, DS_INTERNAL, "Cairo wrote no SVG");
        goto done;
    }
    body++;
    if (!collect_ids(&table, body, end)) {
        code = ds_fail(err, DS_NOMEM, "no memory for %d ids of an SVG", table.count);
        goto done;
    }
    ds_bytes_add(out, begin, (size_t)(body - begin));
    add_title(out, page);
    renumber(out, &table, body, end);
    if (out->failed)
        code = ds_fail(err, DS_NOMEM, "no memory for an SVG of %zu bytes", raw->n);

done:
    free(table.id);
    return code;
}
