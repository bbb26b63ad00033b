/* data/store/name.c -- which names and texts may be stored. See the header. */
#include "data/store/name.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/bundle.h"
#include "data/store/bundle_int.h"

/* Decodes one character of n >= 1 bytes; returns its length, or 0 when it is malformed. */
static size_t character(const unsigned char *s, size_t n, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t length = s[0] < 0x80             ? 1
                          : (s[0] & 0xe0) == 0xc0 ? 2
                          : (s[0] & 0xf0) == 0xe0 ? 3
                          : (s[0] & 0xf8) == 0xf0 ? 4
                                                  : 0;

    if (length == 0 || length > n)
        return 0;
    *code = length == 1 ? s[0] : s[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (s[i] & 0x3f);
    }
    if (*code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return length;
}

bool ds_utf8_valid(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    uint32_t code;
    size_t length;

    for (size_t i = 0; i < n; i += length)
        if (!(length = character(s + i, n - i, &code)) || code == 0)
            return false;
    return true;
}

long ds_utf8_unprintable(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    uint32_t code;
    size_t length;

    for (size_t i = 0; i < n; i += length)
        if (!(length = character(s + i, n - i, &code)) || code < 0x20 ||
            (code >= 0x7f && code < 0xa0))
            return (long)i;
    return -1;
}

static int check_part(const char *name, size_t from, size_t length, struct ds_err *err)
{
    const char *part = name + from;

    if (length == 0)
        return ds_fail(err, DS_DATA, "the name '%s' has an empty part", name);
    if ((length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.'))
        return ds_fail(err, DS_DATA, "the name '%s' has a part '%.*s'", name, (int)length,
                       part);
    return 0;
}

int ds_name_check(const char *name, struct ds_err *err)
{
    const size_t n = strlen(name);
    long bad;
    int code;

    if (n == 0)
        return ds_fail(err, DS_DATA, "a name is empty");
    if (n > DS_NAME_MAX)
        return ds_fail(err, DS_DATA, "a name has %zu bytes, at most %d are allowed", n,
                       DS_NAME_MAX);
    if ((bad = ds_utf8_unprintable(name, n)) >= 0)
        return ds_fail(err, DS_DATA, "byte %ld of a name is 0x%02x, expected printable UTF-8",
                       bad, (unsigned char)name[bad]);
    for (size_t from = 0; from <= n;) {
        const size_t length = strcspn(name + from, "/");

        if ((code = check_part(name, from, length, err)))
            return code;
        from += length + 1;
    }
    return 0;
}

char *ds_text_copy(const char *text, struct ds_err *err)
{
    const size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    if (!copy) {
        ds_fail(err, DS_NOMEM, "out of memory");
        return NULL;
    }
    memcpy(copy, text, size);
    return copy;
}
