/* data/archive/npy.c -- the header of a NumPy array. See npy_int.h. */
#include "data/archive/npy_int.h"

#include <string.h>

#include "data/archive/archive_int.h"

enum { HEADER_MAX = 1 << 16, MAGIC = 6 };

struct cursor {
    const char *at, *end;
};

static bool accept(struct cursor *c, const char *word)
{
    const size_t n = strlen(word);

    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n'))
        c->at++;
    if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n))
        return false;
    c->at += n;
    return true;
}

/* A text in single or double quotes, without escapes. */
static bool read_text(struct cursor *c, char *to, size_t size)
{
    const char quote = accept(c, "'") ? '\'' : accept(c, "\"") ? '"' : '\0';
    size_t n = 0;

    for (; quote && c->at < c->end && *c->at != quote; c->at++) {
        if (n + 1 >= size || *c->at == '\\' || (unsigned char)*c->at < ' ')
            return false;
        to[n++] = *c->at;
    }
    if (!quote || c->at == c->end)
        return false;
    c->at++;
    to[n] = '\0';
    return true;
}

static bool read_whole(struct cursor *c, int64_t *value)
{
    bool any = false;

    *value = 0;
    accept(c, "");
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, *c->at - '0', value))
            return false;
        any = true;
    }
    accept(c, "L"); /* Python 2 wrote long numbers so */
    return any;
}

static bool read_shape(struct cursor *c, struct ds_npy *npy)
{
    if (!accept(c, "("))
        return false;
    while (!accept(c, ")")) {
        if (npy->rank == DS_RANK_MAX || !read_whole(c, &npy->dims[npy->rank++]))
            return false;
        if (!accept(c, ",") && (npy->rank == 1 || !accept(c, ")")))
            return false;
        else if (c->at[-1] == ')')
            break;
    }
    return true;
}

/* A list describes a record of several fields: known by name only. */
static bool read_descr(struct cursor *c, struct ds_npy *npy)
{
    int depth = 0;

    if (!accept(c, "["))
        return read_text(c, npy->descr, sizeof npy->descr);
    strcpy(npy->descr, "record");
    for (depth = 1; depth && c->at < c->end; c->at++)
        depth += *c->at == '[' ? 1 : *c->at == ']' ? -1 : 0;
    return !depth;
}

/* 1, 2 and 4 for the three keys; 0 for anything else. */
static int read_field(struct cursor *c, struct ds_npy *npy)
{
    char key[32];

    if (!read_text(c, key, sizeof key) || !accept(c, ":"))
        return 0;
    if (!strcmp(key, "descr"))
        return read_descr(c, npy) ? 1 : 0;
    if (!strcmp(key, "shape"))
        return read_shape(c, npy) ? 2 : 0;
    if (strcmp(key, "fortran_order"))
        return 0;
    npy->fortran = accept(c, "True");
    return npy->fortran || accept(c, "False") ? 4 : 0;
}

static bool read_header(struct cursor *c, struct ds_npy *npy)
{
    int seen = 0, field;

    if (!accept(c, "{"))
        return false;
    while (!accept(c, "}")) {
        field = read_field(c, npy);
        if (!field || (seen & field))
            return false;
        seen |= field;
        if (!accept(c, ",") && !accept(c, "}"))
            return false;
        else if (c->at[-1] == '}')
            break;
    }
    accept(c, "");
    return seen == 7 && c->at == c->end;
}

static void know(struct ds_npy *npy)
{
    static const struct {
        const char *descr;
        enum ds_type type;
    } known[] = {{"f2", DS_F16}, {"f4", DS_F32}, {"f8", DS_F64}, {"i1", DS_I8},
                 {"i2", DS_I16}, {"i4", DS_I32}, {"i8", DS_I64}, {"u1", DS_U8},
                 {"b1", DS_U8},  {"V2", DS_BF16}};

    if (!npy->descr[0] || !strchr("<>|=", npy->descr[0]))
        return;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(npy->descr + 1, known[i].descr)) {
            npy->known = true;
            npy->type = known[i].type;
        }
    npy->swapped = npy->descr[0] == '>' && npy->known && ds_type_size(npy->type) > 1;
}

int ds_npy_parse(struct ds_npy *npy, const unsigned char *bytes, size_t n, const char *where,
                 struct ds_err *err)
{
    char header[HEADER_MAX];
    struct cursor c = {header, header};
    size_t length, begins;

    *npy = (struct ds_npy){0};
    if (n < MAGIC + 6 || memcmp(bytes, "\x93NUMPY", MAGIC))
        return ds_fail(err, DS_DATA, "%s is no NumPy array", where);
    if (bytes[6] < 1 || bytes[6] > 3 || bytes[7] != 0)
        return ds_fail(err, DS_DATA,
                       "%s has version %d.%d of the npy format, 1.0 to 3.0 are read", where,
                       bytes[6], bytes[7]);
    begins = bytes[6] == 1 ? MAGIC + 4 : MAGIC + 6;
    length = ds_little(bytes + MAGIC + 2, bytes[6] == 1 ? 2 : 4);
    if (length > HEADER_MAX || length > n - begins)
        return ds_fail(err, DS_DATA,
                       "%s has a header of %zu bytes, it has %zu and at most %d are read",
                       where, length, n, HEADER_MAX);
    memcpy(header, bytes + begins, length);
    c.end = header + length;
    if (!read_header(&c, npy))
        return ds_fail(
            err, DS_DATA,
            "%s has a header that is not {'descr', 'fortran_order', 'shape'} with at "
            "most 8 dimensions",
            where);
    npy->numbers = begins + length;
    know(npy);
    return 0;
}
