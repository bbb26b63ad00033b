/* analysis/causal/transplant_sheet.c -- the table of a transplant. See transplant.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/causal/transplant.h"

/* A place in the table: which pictures, how they are answered. */
struct place {
    enum ds_protocol protocol;
    int group; /* -1: all pictures */
    int n;
    double *s, *t, *mixed; /* [count] hits or margins of its pictures */
    double *above, *below; /* numerator and denominator of a recovery */
};

struct writing {
    struct ds_sheet *sheet;
    const struct ds_transplant *r;
    const struct ds_transplant_sheet_want *want;
    struct place at;
    char why[2][160]; /* of the place: why accuracy and margin have no recovery */
};

static void columns(struct ds_sheet *s)
{
    static const struct ds_column list[] = {
        {.name = "label", .type = DS_CELL_TEXT},
        {.name = "network", .type = DS_CELL_TEXT},
        {.name = "answers", .type = DS_CELL_TEXT},
        {.name = "pictures", .type = DS_CELL_TEXT, .machine = true},
        {.name = "n", .type = DS_CELL_INT},
        {.name = "value", .type = DS_CELL_REAL, .digits = 4, .share = true},
        {.name = "lo", .type = DS_CELL_REAL, .digits = 4, .share = true},
        {.name = "hi", .type = DS_CELL_REAL, .digits = 4, .share = true},
        {.name = "recovery", .type = DS_CELL_REAL, .digits = 3, .best = DS_BEST_HIGH},
        {.name = "recovery_lo", .type = DS_CELL_REAL, .digits = 3},
        {.name = "recovery_hi", .type = DS_CELL_REAL, .digits = 3},
        {.name = "margin", .unit = "logit", .type = DS_CELL_REAL, .digits = 3},
        {.name = "margin_lo",
         .unit = "logit",
         .type = DS_CELL_REAL,
         .digits = 3,
         .machine = true},
        {.name = "margin_hi",
         .unit = "logit",
         .type = DS_CELL_REAL,
         .digits = 3,
         .machine = true},
        {.name = "margin_recovery", .type = DS_CELL_REAL, .digits = 3},
        {.name = "margin_recovery_lo", .type = DS_CELL_REAL, .digits = 3},
        {.name = "margin_recovery_hi", .type = DS_CELL_REAL, .digits = 3},
        {.name = "group", .type = DS_CELL_TEXT, .machine = true},
        {.name = "kind", .type = DS_CELL_TEXT, .machine = true},
        {.name = "why", .type = DS_CELL_TEXT, .machine = true},
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        ds_sheet_column(s, &list[i]);
}

static const char *answers_of(const struct writing *w)
{
    if (w->want->shown->truth == DS_TRUTH_S)
        return "agreement with S";
    if (!w->r->tasks)
        return "all classes";
    return ds_protocol_text(w->at.protocol);
}

/* Values of the place's pictures; margin or hits. */
static void gather(double *to, const struct writing *w, const struct ds_answers *a, bool margin)
{
    int n = 0;

    for (int i = 0; i < w->r->count; i++)
        if (w->at.group < 0 || w->want->shown->group[i] == w->at.group)
            to[n++] = margin ? (double)a->margin[w->at.protocol][i]
                             : (double)a->hit[w->at.protocol][i];
}

struct cells {
    struct ds_stat value;
    struct ds_ratio recovery; /* NANs for S and T themselves */
};

/* One measure of one row; base: S or T as it is, which recovers nothing. */
static int measure(struct cells *c, struct writing *w, const struct ds_answers *a,
                   int direction, bool base, bool margin, struct ds_err *err)
{
    const struct place *at = &w->at;
    const struct ds_ratio none = {.value = NAN, .lo = NAN, .hi = NAN};

    gather(at->mixed, w, a, margin);
    c->recovery = none;
    if (ds_stat_of(&c->value, at->mixed, at->n, &w->want->stat, err))
        return err->code;
    if (base)
        return 0;
    gather(at->s, w, &w->r->base[0], margin);
    gather(at->t, w, &w->r->base[1], margin);
    for (int i = 0; i < at->n; i++) {
        at->below[i] = at->s[i] - at->t[i];
        at->above[i] =
            direction == DS_FORWARD ? at->mixed[i] - at->t[i] : at->s[i] - at->mixed[i];
    }
    return ds_ratio_of(&c->recovery, at->above, at->below, at->n, &w->want->stat, err);
}

/* In the words of this table. The interval that could be anything is the one that is missing
 * though there are enough pictures and resamples. */
static const char *reason(const struct cells *c, bool margin, int resamples)
{
    if (!c->recovery.why)
        return "";
    if (isnan(c->recovery.value))
        return c->recovery.n == 0 ? "there is no other class"
               : margin           ? "S and T have the same mean margin: nothing was lost"
                                  : "S and T are right equally often: nothing was lost";
    return isnan(c->recovery.lo) && c->recovery.n > 1 && resamples > 0
               ? "no interval: whether S or T is better is not certain"
               : c->recovery.why;
}

static void put(struct writing *w, const char *label, const char *network, const char *kind,
                const struct cells c[2])
{
    struct ds_sheet *s = w->sheet;
    const char *pictures = w->at.group < 0 ? "all" : w->want->shown->group_name[w->at.group];
    const int resamples = w->want->stat.resamples;
    const char *const because[2] = {reason(&c[0], false, resamples),
                                    reason(&c[1], true, resamples)};
    char group[160], why[340];

    snprintf(group, sizeof group, "%s, %s", network, answers_of(w));
    snprintf(why, sizeof why, "%s%s%s", because[0],
             *because[1] ? *because[0] ? "; margin: " : "margin: " : "", because[1]);
    for (int m = 0; m < 2; m++)
        if (*because[m] &&
            (isnan(c[m].recovery.value) || (isnan(c[m].recovery.lo) && resamples > 0)))
            snprintf(w->why[m], sizeof w->why[m], "%s", because[m]);
    ds_sheet_text(s, !strcmp(kind, "line") ? group : label);
    ds_sheet_text(s, network);
    ds_sheet_text(s, answers_of(w));
    ds_sheet_text(s, pictures);
    ds_sheet_int(s, w->at.n);
    for (int m = 0; m < 2; m++) {
        ds_sheet_real(s, c[m].value.mean);
        ds_sheet_real(s, c[m].value.lo);
        ds_sheet_real(s, c[m].value.hi);
        ds_sheet_real(s, c[m].recovery.value);
        ds_sheet_real(s, c[m].recovery.lo);
        ds_sheet_real(s, c[m].recovery.hi);
    }
    ds_sheet_text(s, group);
    ds_sheet_text(s, kind);
    ds_sheet_text(s, why);
}

static int row(struct writing *w, const char *label, const char *network, const char *kind,
               const struct ds_answers *a, int direction, struct ds_err *err)
{
    const bool base = a == &w->r->base[0] || a == &w->r->base[1];
    struct cells c[2];

    if (measure(&c[0], w, a, direction, base, false, err) ||
        measure(&c[1], w, a, direction, base, true, err))
        return err->code;
    put(w, w->at.group < 0 ? label : w->want->shown->group_name[w->at.group], network, kind, c);
    return 0;
}

/* All rows of the place. Where tasks are compared, S and T are bars like the others. */
static int rows(struct writing *w, struct ds_err *err)
{
    static const char *const network[] = {"T <- S", "S <- T"};
    static const char *const side[] = {"S", "T"};
    static const char *const measured[] = {"recovery", "recovery of the margin"};
    const char *kind = w->want->by_group ? "bar" : "line";

    w->why[0][0] = w->why[1][0] = '\0';
    for (int i = 0; i < 2; i++)
        if (row(w, "all pictures", side[i], kind, &w->r->base[i], 0, err))
            return err->code;
    for (int d = 0; d < 2; d++)
        for (int g = 0; w->r->mixed[d] && g < w->r->grafts; g++)
            if (row(w, w->want->by_group ? "all pictures" : w->want->graft[g].label, network[d],
                    "bar", &w->r->mixed[d][g], d, err))
                return err->code;
    for (int m = 0; m < 2; m++)
        if (*w->why[m])
            ds_sheet_note(w->sheet, "%s, %s, %s: %s", measured[m], answers_of(w),
                          w->at.group < 0 ? "all pictures"
                                          : w->want->shown->group_name[w->at.group],
                          w->why[m]);
    return 0;
}

static void notes(struct ds_sheet *s, const struct ds_transplant *r,
                  const struct ds_transplant_sheet_want *want)
{
    ds_sheet_note(s, "S: %s; T: %s; %d pictures", want->s, want->t, r->count);
    ds_sheet_note(s, "T <- S: T with the attention of S frozen in; S <- T: the converse");
    ds_sheet_note(s, "frozen in: attention probabilities of the other network, picture by "
                     "picture, in the layers and heads of the row; values, MLPs, norms and the "
                     "head are the network's own");
    if (want->shown->truth == DS_TRUTH_S)
        ds_sheet_note(s, "value: share of pictures answered as S does, since their classes are "
                         "not known; the margin is that of S's answer");
    else
        ds_sheet_note(s, "value: accuracy, over pictures%s",
                      r->tasks ? "; class-incremental: among all classes the network has "
                                 "learned, which may be more in T than in S; task-incremental: "
                                 "among the classes of the picture's task"
                               : ", among all classes");
    ds_sheet_note(
        s, "recovery: of T <- S (x - T) / (S - T), of S <- T (S - x) / (S - T), the "
           "loss explained; where T is better than S, of the gain; margin: logit of the right "
           "class minus the best other one, by each network's own head");
    if (want->stat.resamples > 0)
        ds_sheet_note(s,
                      "lo, hi: %g %% %s bootstrap interval of %d resamples; the same "
                      "pictures in all networks and rows",
                      100 * want->stat.level, want->stat.kind == DS_BCA ? "BCa" : "percentile",
                      want->stat.resamples);
    if (want->shown->left_out)
        ds_sheet_note(s, "%d pictures of tasks that S and T have not both learned are left out",
                      want->shown->left_out);
}

static int group_size(const struct ds_shown *w, int group)
{
    int n = 0;

    for (int i = 0; i < w->count; i++)
        n += group < 0 || w->group[i] == group;
    return n;
}

int ds_transplant_sheet(struct ds_sheet *sheet, const struct ds_transplant *r,
                        const struct ds_transplant_sheet_want *want, struct ds_err *err)
{
    const size_t n = (size_t)r->count + 1;
    double *memory = malloc(5 * n * sizeof *memory);
    struct writing w = {.sheet = sheet, .r = r, .want = want};
    int code = 0;

    if (!memory)
        return ds_fail(err, DS_NOMEM, "out of memory for %d pictures", r->count);
    columns(sheet);
    notes(sheet, r, want);
    for (int g = -1; g < (want->by_group ? want->shown->groups : 0) && !code; g++)
        for (int p = 0; p < 1 + r->tasks && !code; p++) {
            w.at = (struct place){(enum ds_protocol)p,
                                  g,
                                  group_size(want->shown, g),
                                  memory,
                                  memory + n,
                                  memory + 2 * n,
                                  memory + 3 * n,
                                  memory + 4 * n};
            code = w.at.n ? rows(&w, err) : 0;
        }
    free(memory);
    return code;
}
