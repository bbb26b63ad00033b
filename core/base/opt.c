/* core/base/opt.c -- one option table, many readers. See the header.
 *
 * Numbers are read and printed in the C locale whatever the caller's is: a run made under
 * LC_ALL=de_DE must not store "0,01". */
#define _GNU_SOURCE
#include "core/base/opt.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUBJECT_MAX = 300, LIST_MAX = 400 };

/* Who the sentence is about: "--epochs", or "fashion5.ini:12: epochs". */
static const char *subject(char *buffer, const char *key, const char *origin)
{
    if (!origin)
        snprintf(buffer, SUBJECT_MAX, "%s", key);
    else if (*origin == '-')
        snprintf(buffer, SUBJECT_MAX, "%s", origin);
    else
        snprintf(buffer, SUBJECT_MAX, "%s: %s", origin, key);
    return buffer;
}

static int unknown(const struct ds_opt *t, const char *key, const char *origin,
                   struct ds_err *err)
{
    const char *best = ds_opt_nearest_key(t, key);

    return ds_fail(err, DS_USAGE, "%s%sthere is no option '%s'%s%s%s", origin ? origin : "",
                   origin ? ": " : "", key, best ? "; did you mean '" : "", best ? best : "",
                   best ? "'" : "");
}

static int set_bool(const struct ds_opt *row, void *at, const char *value, const char *who,
                    struct ds_err *err)
{
    static const char *const yes[] = {"yes", "true", "on", "1"};
    static const char *const no[] = {"no", "false", "off", "0"};

    (void)row;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        const bool is_yes = !strcmp(value, yes[i]);

        if (is_yes || !strcmp(value, no[i])) {
            memcpy(at, &is_yes, sizeof is_yes);
            return 0;
        }
    }
    return ds_fail(err, DS_USAGE, "%s wants yes or no, not '%s'", who, value);
}

/* The whole of text as a plain decimal number: no blanks, no hex, no nan, no inf. */
static bool read_real(double *out, const char *text)
{
    const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    char *end = NULL;

    if (!*text || text[strspn(text, "0123456789+-.eE")])
        return false;
    *out = c ? strtod_l(text, &end, c) : strtod(text, &end);
    if (c)
        freelocale(c);
    return !*end && isfinite(*out);
}

static bool read_int(int *out, const char *text)
{
    char *end = NULL;
    long value;

    if (!*text || text[strspn(text, "0123456789+-")])
        return false;
    errno = 0;
    value = strtol(text, &end, 10);
    if (*end || errno || value < INT_MIN || value > INT_MAX)
        return false;
    *out = (int)value;
    return true;
}

static int check_range(const struct ds_opt *row, double value, const char *who,
                       struct ds_err *err)
{
    if (row->lo == row->hi || (value >= row->lo && value <= row->hi))
        return 0;
    return ds_fail(err, DS_USAGE, "%s must lie in [%.10g, %.10g], not %.10g", who, row->lo,
                   row->hi, value);
}

static int set_real(const struct ds_opt *row, void *at, const char *value, const char *who,
                    struct ds_err *err)
{
    double number;

    if (!read_real(&number, value))
        return ds_fail(err, DS_USAGE, "%s wants a number %s, not '%s'", who, row->arg, value);
    if (check_range(row, number, who, err))
        return err->code;
    memcpy(at, &number, sizeof number);
    return 0;
}

static int set_int(const struct ds_opt *row, void *at, const char *value, const char *who,
                   struct ds_err *err)
{
    int number;

    if (!read_int(&number, value))
        return ds_fail(err, DS_USAGE, "%s wants a whole number %s, not '%s'", who, row->arg,
                       value);
    if (check_range(row, number, who, err))
        return err->code;
    memcpy(at, &number, sizeof number);
    return 0;
}

/* "finetune, arcl or frozen" */
static void list_choices(char *to, size_t size, const char *const *choice)
{
    size_t used = 0;

    *to = '\0';
    for (int i = 0; choice[i] && used < size; i++) {
        const char *join = !i ? "" : choice[i + 1] ? ", " : " or ";
        const int n = snprintf(to + used, size - used, "%s%s", join, choice[i]);

        used += n > 0 ? (size_t)n : 0;
    }
}

static int set_choice(const struct ds_opt *row, void *at, const char *value, const char *who,
                      struct ds_err *err)
{
    char list[LIST_MAX];
    const char *best;

    for (int i = 0; row->choice[i]; i++)
        if (!strcmp(row->choice[i], value)) {
            memcpy(at, &i, sizeof i);
            return 0;
        }
    list_choices(list, sizeof list, row->choice);
    best = ds_opt_nearest(value, row->choice);
    return ds_fail(err, DS_USAGE, "%s wants %s, not '%s'%s%s%s", who, list, value,
                   best ? "; did you mean '" : "", best ? best : "", best ? "'" : "");
}

static int set_text(const struct ds_opt *row, void *at, const char *value, const char *who,
                    struct ds_err *err)
{
    const size_t n = strlen(value);

    if (n >= row->size)
        return ds_fail(err, DS_USAGE, "%s is %zu bytes long, at most %zu fit", who, n,
                       row->size - 1);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f) /* it would break the line it is stored on */
            return ds_fail(err, DS_USAGE, "%s has a control character (byte %zu)", who, i + 1);
    memset(at, 0, row->size); /* equal options are equal bytes */
    memcpy(at, value, n);
    return 0;
}

int ds_opt_set(const struct ds_opt *t, void *into, const char *key, const char *value,
               const char *origin, struct ds_err *err)
{
    const struct ds_opt *row = ds_opt_lookup(t, key);
    char who[SUBJECT_MAX];
    void *at;

    if (!row)
        return unknown(t, key, origin, err);
    subject(who, key, origin);
    at = (char *)into + row->at;
    if (row->choice)
        return set_choice(row, at, value, who, err);
    switch (row->type) {
    case DS_OPT_BOOL: return set_bool(row, at, value, who, err);
    case DS_OPT_INT:  return set_int(row, at, value, who, err);
    case DS_OPT_REAL: return set_real(row, at, value, who, err);
    case DS_OPT_TEXT: return set_text(row, at, value, who, err);
    }
    return ds_fail(err, DS_INTERNAL, "%s has no type", who);
}

int ds_opt_defaults(const struct ds_opt *t, void *into, struct ds_err *err)
{
    for (; t->key; t++) {
        char who[SUBJECT_MAX];

        snprintf(who, sizeof who, "--%s", t->key);
        if (ds_opt_set(t, into, t->key, t->fallback ? t->fallback : "", who, err)) {
            err->code = DS_INTERNAL;
            return ds_while(err, "the default is wrong");
        }
    }
    return 0;
}

/* The fewest digits that read back to the same bits; 10, not 1e+01. */
static void print_real(double value, char *buffer, size_t size)
{
    const bool plain = value > -1e9 && value < 1e9;
    const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    const locale_t before = c ? uselocale(c) : (locale_t)0;

    for (int digits = 1; digits <= 17; digits++) {
        double again;

        snprintf(buffer, size, "%.*g", digits, value);
        again = strtod(buffer, NULL);
        // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): the bits, -0 and NaN included
        if (!memcmp(&again, &value, sizeof value) && !(plain && strstr(buffer, "e+")))
            break;
    }
    if (c) {
        uselocale(before);
        freelocale(c);
    }
}

static const char *choice_word(const char *const *choice, int at)
{
    for (int i = 0; choice[i]; i++)
        if (i == at)
            return choice[i];
    return "";
}

const char *ds_opt_print(const struct ds_opt *row, const void *from, char *buffer, size_t size)
{
    const char *at = (const char *)from + row->at;
    double real;
    bool flag;
    int whole;

    switch (row->type) {
    case DS_OPT_BOOL:
        memcpy(&flag, at, sizeof flag);
        snprintf(buffer, size, "%s", flag ? "yes" : "no");
        break;
    case DS_OPT_INT:
        memcpy(&whole, at, sizeof whole);
        if (row->choice)
            snprintf(buffer, size, "%s", choice_word(row->choice, whole));
        else
            snprintf(buffer, size, "%d", whole);
        break;
    case DS_OPT_REAL:
        memcpy(&real, at, sizeof real);
        print_real(real, buffer, size);
        break;
    case DS_OPT_TEXT:
        snprintf(buffer, size, "%.*s", (int)row->size, at);
        break;
    }
    return buffer;
}

const struct ds_opt *ds_opt_lookup(const struct ds_opt *t, const char *key)
{
    for (; t->key; t++)
        if (!strcmp(t->key, key))
            return t;
    return NULL;
}
