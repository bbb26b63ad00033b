/* analysis/drift/cohort.c -- runs that differ only in their seed are one row. */
#include "analysis/drift/cohort.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One "key = value" line of a configuration, borrowed from its text. */
struct line {
    const char *key, *value;
    int key_length, value_length;
};

static const char *trim(const char *from, const char *end, int *length)
{
    while (from < end && (*from == ' ' || *from == '\t'))
        from++;
    while (end > from && strchr(" \t\r", end[-1]))
        end--;
    *length = (int)(end - from);
    return from;
}

/* The next option behind *at; false at the end of the text. Headings and comments are none. */
static bool next_line(struct line *l, const char **at)
{
    while (**at) {
        const char *begin = *at, *end = begin + strcspn(begin, "\n");
        const char *equals = memchr(begin, '=', (size_t)(end - begin));

        *at = *end ? end + 1 : end;
        if (!equals || strchr("#;[", *begin))
            continue;
        l->key = trim(begin, equals, &l->key_length);
        l->value = trim(equals + 1, end, &l->value_length);
        return true;
    }
    return false;
}

static bool same(const char *a, int a_length, const char *b, int b_length)
{
    return a_length == b_length && !memcmp(a, b, (size_t)a_length);
}

/* Options that name a repetition, or how it was run. Where a run begins, and the mean and
 * deviation measured of its pictures, are incidental only between different seeds: each seed
 * has its own warm start, or borrows one (--init), and its own first pictures. */
static bool is_incidental(const struct line *l, bool other_seed)
{
    static const char *const keys[] = {"init",         "warmstart",  "warmstart-steps",
                                       "warmstart-lr", "mean",       "std",
                                       "seed",         "save-every", "method"};

    for (size_t i = other_seed ? 0 : 6; i < sizeof keys / sizeof *keys; i++)
        if (same(l->key, l->key_length, keys[i], (int)strlen(keys[i])))
            return true;
    return false;
}

static const char *config(const struct ds_record *r)
{
    return r->config ? r->config : "";
}

/* Alike as text, or as numbers: versions may print 10 and 1e+01. */
static bool same_value(const struct line *a, const struct line *b)
{
    char x[64], y[64], *x_end, *y_end;
    double left, right;

    if (same(a->value, a->value_length, b->value, b->value_length))
        return true;
    snprintf(x, sizeof x, "%.*s", a->value_length < 63 ? a->value_length : 63, a->value);
    snprintf(y, sizeof y, "%.*s", b->value_length < 63 ? b->value_length : 63, b->value);
    left = strtod(x, &x_end);
    right = strtod(y, &y_end);
    return x_end > x && y_end > y && !*x_end && !*y_end && left == right;
}

static bool holds(const struct ds_record *r, const struct line *wanted)
{
    const char *at = config(r);
    struct line l;

    while (next_line(&l, &at))
        if (same(l.key, l.key_length, wanted->key, wanted->key_length))
            return same_value(&l, wanted);
    return false;
}

/* The first option of `mine` that `other` does not hold with the same value. */
static bool difference(struct line *l, const struct ds_record *mine,
                       const struct ds_record *other)
{
    const char *at = config(mine);

    while (next_line(l, &at))
        if (!is_incidental(l, mine->seed != other->seed) && !holds(other, l))
            return true;
    return false;
}

static bool repeats(const struct ds_record *a, const struct ds_record *b)
{
    struct line l;

    return !strcmp(a->method, b->method) && !difference(&l, a, b) && !difference(&l, b, a);
}

/* "arcl (paper)" where the value says it all, "finetune (qkv-scale 0.003)" where it does not.
 */
static void name(char *label, size_t size, const struct ds_record *r, const struct line *l)
{
    static const char *const plain[] = {"retain-preset", "mask-region"};
    bool bare = false;

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        bare |= same(l->key, l->key_length, plain[i], (int)strlen(plain[i]));
    snprintf(label, size, "%.60s (%.*s%s%.*s)", r->method,
             bare                 ? 0
             : l->key_length < 24 ? l->key_length
                                  : 24,
             l->key, bare ? "" : " ", l->value_length < 24 ? l->value_length : 24, l->value);
}

/* The option that tells a run from another cohort's, where it begins aside. */
static bool telling(struct line *l, const struct ds_record *mine, const struct ds_record *other)
{
    const char *at = config(mine);

    while (next_line(l, &at))
        if (!is_incidental(l, true) && !holds(other, l))
            return true;
    return difference(l, mine, other);
}

static int first_of(const struct ds_cohorts *c, int cohort, int runs)
{
    for (int i = 0; i < runs; i++)
        if (c->of[i] == cohort)
            return i;
    return 0;
}

static void label(struct ds_cohorts *c, const struct ds_record *const *run, int runs)
{
    for (int g = 0; g < c->count; g++) {
        const struct ds_record *r = run[first_of(c, g, runs)];
        struct line l;

        snprintf(c->label[g], sizeof c->label[g], "%.60s", r->method);
        for (int k = 0; k < c->count; k++) {
            const struct ds_record *other = run[first_of(c, k, runs)];

            if (k == g || strcmp(r->method, other->method) || !telling(&l, r, other))
                continue;
            name(c->label[g], sizeof c->label[g], r, &l);
            break;
        }
    }
}

int ds_cohorts_of(struct ds_cohorts *c, const struct ds_record *const *run, int runs,
                  struct ds_err *err)
{
    *c = (struct ds_cohorts){.of = calloc((size_t)runs + 1, sizeof *c->of),
                             .label = calloc((size_t)runs + 1, sizeof *c->label)};
    if (!c->of || !c->label) {
        ds_cohorts_clear(c);
        return ds_fail(err, DS_NOMEM, "no memory for %d runs", runs);
    }
    for (int i = 0; i < runs; i++) {
        c->of[i] = c->count;
        for (int k = 0; k < i && c->of[i] == c->count; k++)
            if (repeats(run[k], run[i]))
                c->of[i] = c->of[k];
        c->count += c->of[i] == c->count;
    }
    label(c, run, runs);
    return 0;
}

void ds_cohorts_clear(struct ds_cohorts *c)
{
    free(c->of);
    free(c->label);
    *c = (struct ds_cohorts){0};
}
