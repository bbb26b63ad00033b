/* viz/page/study.c -- which runs belong together, and what they are called. See the header. */
#include "viz/page/study.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* One "key = value" line of a configuration. */
struct entry {
    char key[64], value[128];
};

static void trim(char *to, size_t size, const char *from, size_t n)
{
    while (n > 0 && (*from == ' ' || *from == '\t'))
        from++, n--;
    while (n > 0 && (from[n - 1] == ' ' || from[n - 1] == '\t' || from[n - 1] == '\r'))
        n--;
    snprintf(to, size, "%.*s", (int)(n < size ? n : size - 1), from);
}

/* The next entry behind *at; false at the end. Section heads and comments are passed over. */
static bool next_entry(struct entry *e, const char **at)
{
    while (**at) {
        const char *line = *at;
        const size_t n = strcspn(line, "\n");
        const char *equals = memchr(line, '=', n);

        *at = line + n + (line[n] == '\n');
        if (!equals || *line == '#' || *line == ';' || *line == '[')
            continue;
        trim(e->key, sizeof e->key, line, (size_t)(equals - line));
        trim(e->value, sizeof e->value, equals + 1, n - (size_t)(equals + 1 - line));
        return true;
    }
    return false;
}

static bool value_of(char *to, size_t size, const char *config, const char *key)
{
    struct entry e;

    while (config && next_entry(&e, &config))
        if (!strcmp(e.key, key)) {
            snprintf(to, size, "%s", e.value);
            return true;
        }
    return false;
}

/* Options that name a repetition or how it was run, not what was done. */
static bool incidental(const char *key)
{
    static const char *const keys[] = {"seed", "out", "threads", "resume", "data", "like",
                                       "keep", "verbose", "quiet"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strcmp(key, keys[i]))
            return true;
    return false;
}

/* The first option in which b differs from a, b's value in *e; false when there is none. */
static bool difference(struct entry *e, const struct ds_record *a, const struct ds_record *b)
{
    const char *at = b->config ? b->config : "";
    char other[sizeof e->value];

    while (next_entry(e, &at)) {
        if (incidental(e->key) || !strcmp(e->key, "method"))
            continue;
        if (!value_of(other, sizeof other, a->config, e->key) || strcmp(other, e->value))
            return true;
    }
    return false;
}

static bool same_kind(const struct ds_record *a, const struct ds_record *b)
{
    struct entry e;

    return !strcmp(a->method, b->method) && !difference(&e, a, b) && !difference(&e, b, a);
}

/* "retain.preset = paper" reads as "preset paper". */
static void describe(char *to, size_t size, const struct ds_record *r, const struct entry *e)
{
    const char *dot = strrchr(e->key, '.');

    snprintf(to, size, "%.30s, %.30s %.30s", r->method, dot ? dot + 1 : e->key, e->value);
}

static void name_groups(struct ds_study *s)
{
    for (int g = 0; g < s->groups; g++) {
        const struct ds_record *r = s->run[s->first[g]].record;
        struct entry e;

        snprintf(s->label[g], sizeof s->label[g], "%s", *r->method ? r->method : "run");
        for (int k = 0; k < s->groups; k++) {
            const struct ds_record *other = s->run[s->first[k]].record;

            if (k != g && !strcmp(r->method, other->method) && difference(&e, other, r)) {
                describe(s->label[g], sizeof s->label[g], r, &e);
                break;
            }
        }
    }
}

static int join(struct ds_study *s, int run, int group, struct ds_err *err)
{
    if (group == s->groups) {
        if (s->groups == DS_GROUPS)
            return ds_fail(err, DS_USAGE, "more than %d different methods in one figure",
                           (int)DS_GROUPS);
        s->first[s->groups++] = run;
    }
    s->run[run].group = group;
    s->size[group]++;
    return 0;
}

static int group_by_kind(struct ds_study *s, struct ds_err *err)
{
    int code = 0;

    for (int i = 0; i < s->runs && !code; i++) {
        int g = 0;

        while (g < s->groups && !same_kind(s->run[s->first[g]].record, s->run[i].record))
            g++;
        code = join(s, i, g, err);
    }
    if (!code)
        name_groups(s);
    return code;
}

static int group_by_label(struct ds_study *s, const char *labels, struct ds_err *err)
{
    const char *at = labels;
    int n = 1, code = 0;

    for (const char *c = labels; *c; c++)
        n += *c == ',';
    if (n != s->runs)
        return ds_fail(err, DS_USAGE, "--labels names %d runs, there are %d", n, s->runs);
    for (int i = 0; i < n && !code; i++) {
        const size_t length = strcspn(at, ",");
        char label[sizeof s->label[0]];
        int g = 0;

        trim(label, sizeof label, at, length);
        while (g < s->groups && strcmp(s->label[g], label))
            g++;
        if (!(code = join(s, i, g, err)))
            snprintf(s->label[g], sizeof s->label[g], "%s", label);
        at += length + (at[length] == ',');
    }
    return code;
}

int ds_study_init(struct ds_study *s, const struct ds_run *runs, int count, const char *labels,
                  struct ds_err *err)
{
    memset(s, 0, sizeof *s);
    if (count < 1 || count > DS_RUNS)
        return ds_fail(err, DS_USAGE, "a figure takes 1 to %d runs, not %d", (int)DS_RUNS, count);
    memcpy(s->run, runs, (size_t)count * sizeof *runs);
    s->runs = count;
    return *labels ? group_by_label(s, labels, err) : group_by_kind(s, err);
}

int ds_study_learned(const struct ds_study *s)
{
    int least = s->run[0].record->done - 1;

    for (int i = 1; i < s->runs; i++)
        if (s->run[i].record->done - 1 < least)
            least = s->run[i].record->done - 1;
    return least > 0 ? least : 0;
}
