/* tests/data/source_open.h -- opening sources in tests: what must work, what must be refused.
 */
#ifndef DS_TESTS_DATA_SOURCE_OPEN_H
#define DS_TESTS_DATA_SOURCE_OPEN_H

#include "data/source/source.h"
#include "tests/data/source_help.h"

static inline void assert_refused(const char *spec, enum ds_part part, int size,
                                  enum ds_code code, const char *words)
{
    struct ds_source *s;
    struct ds_err err = {0};

    assert_int_equal(ds_source_open(&s, spec, part, size, &err), code);
    assert_null(s);
    assert_says(err, code, words);
}

/* Opens base/NAME; the caller closes. */
static inline struct ds_source *open_in_base(const char *name, enum ds_part part)
{
    struct ds_source *s;
    struct ds_err err;

    if (ds_source_open(&s, in_base(name), part, 0, &err))
        fail_msg("%s", err.text);
    return s;
}

/* Picture i of the source is the test picture number `is`. */
static inline void assert_picture(const struct ds_source *s, int i, int is, int grey)
{
    const struct ds_source_info *info = ds_source_info(s);
    uint8_t got[64 * 64 * 3], *p = got;
    struct ds_err err;

    assert_int_equal(ds_source_read(s, i, got, &err), 0);
    for (int c = 0; c < info->channels; c++)
        for (int y = 0; y < info->height; y++)
            for (int x = 0; x < info->width; x++)
                assert_int_equal(*p++, pixel(is, grey ? 0 : c, y, x));
}

#endif
