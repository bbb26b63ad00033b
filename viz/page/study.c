/* viz/page/study.c -- which runs belong together, and what they are called. See the header. */
#include "viz/page/study.h"

#include <stdio.h>
#include <string.h>
#include "analysis/drift/cohort.h"

static void trim(char *to, size_t size, const char *from, size_t n)
{
    while (n > 0 && (*from == ' ' || *from == '\t'))
        from++, n--;
    while (n > 0 && (from[n - 1] == ' ' || from[n - 1] == '\t' || from[n - 1] == '\r'))
        n--;
    snprintf(to, size, "%.*s", (int)(n < size ? n : size - 1), from);
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

/* As the tables do it: analysis/drift/cohort.h. */
static int group_by_kind(struct ds_study *s, struct ds_err *err)
{
    const struct ds_record *record[DS_RUNS];
    struct ds_cohorts c;
    int code = 0;

    for (int i = 0; i < s->runs; i++)
        record[i] = s->run[i].record;
    if (ds_cohorts_of(&c, record, s->runs, err))
        return err->code;
    for (int i = 0; i < s->runs && !code; i++)
        code = join(s, i, c.of[i], err);
    for (int g = 0; g < s->groups && !code; g++)
        snprintf(s->label[g], sizeof s->label[g], "%.95s", c.label[g]);
    ds_cohorts_clear(&c);
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

int ds_study_init(struct ds_study *s, const struct ds_study_run *runs, int count,
                  const char *labels, struct ds_err *err)
{
    memset(s, 0, sizeof *s);
    if (count < 1 || count > DS_RUNS)
        return ds_fail(err, DS_USAGE, "a figure takes 1 to %d runs, not %d",
                       (int)DS_RUNS, count);
    memcpy(s->run, runs, (size_t)count * sizeof *runs);
    s->runs = count;
    return *labels ? group_by_label(s, labels, err) : group_by_kind(s, err);
}

void ds_study_subset(struct ds_study *to, const struct ds_study *from, const bool *keep)
{
    int group[DS_GROUPS];

    memset(to, 0, sizeof *to);
    memset(group, -1, sizeof group);
    for (int i = 0; i < from->runs; i++) {
        const int old = from->run[i].group;

        if (!keep[i])
            continue;
        if (group[old] < 0) {
            group[old] = to->groups;
            to->first[to->groups] = to->runs;
            memcpy(to->label[to->groups++], from->label[old], sizeof to->label[0]);
        }
        to->run[to->runs] = from->run[i];
        to->run[to->runs++].group = group[old];
        to->size[group[old]]++;
    }
}

int ds_study_learned(const struct ds_study *s)
{
    int least = s->run[0].record->done - 1;

    for (int i = 1; i < s->runs; i++)
        if (s->run[i].record->done - 1 < least)
            least = s->run[i].record->done - 1;
    return least > 0 ? least : 0;
}
