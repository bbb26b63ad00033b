/* viz/viewer/state.c -- the view as rows of a table, as text and back. See the header. */
#include "viz/viewer/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const modes[] = {"single", "quad", "swipe", "fade", "blink",
                                    "layers", "film", "heads", NULL};
static const char *const origins[] = {"rollout", "raw", "mean", "query", "second", NULL};
static const char *const contours[] = {"off", "patch", "smooth", NULL};
static const char *const spans[] = {"auto", "shared", "fixed", NULL};
static const char *const fates[] = {"any", "right", "wrong", "lost", "won", NULL};
static const char *const sorts[] = {"id", "drift", "forgetting", "label", NULL};
static const char *const tabs[] = {"accuracy", "drift",     "scatter", "audit",
                                   "layers",   "threshold", "answers", NULL};
static const char *const units[] = {"image", "class", "task", NULL};
static const char *const cmaps[] = {"magma", "viridis", "cividis", "inferno", "grey", NULL};
static const char *const protocols[] = {"class", "task", NULL};

#define AT(field) DS_OPT_AT(ds_view, field)
const struct ds_opt ds_view_table[] = {
    {"image", "1", "N", "image shown", AT(image), .lo = 1, .hi = 1e7},
    {"run-a", "1", "N", "run of side A", AT(run_a), .lo = 1, .hi = 2},
    {"run-b", "1", "N", "run of side B", AT(run_b), .lo = 1, .hi = 2},
    {"a", "1", "T", "checkpoint A", AT(a), .lo = 0, .hi = 1e5},
    {"b", "100000", "T", "checkpoint B; too large: the last", AT(b), .lo = 0, .hi = 1e5},
    {"layer", "100000", "N", "layer; too large: the last", AT(layer), .lo = 1, .hi = 1e5},
    {"head", "0", "N", "head, 0 the mean", AT(head), .lo = 0, .hi = 1e5},
    {"mode", "quad", "NAME", "how A and B are compared", AT(mode), .choice = modes},
    {"source", "rollout", "NAME", "where the map comes from", AT(origin), .choice = origins},
    {"pick", "0", "N", "patch pinned, 0 none", AT(pick), .lo = 0, .hi = 1e7},
    {"contour", "patch", "NAME", "outline of the mask", AT(contour), .choice = contours},
    {"diff", "no", "", "difference instead of B", AT(diff)},
    {"smooth", "yes", "", "maps interpolated between patches", AT(smooth)},
    {"flip", "no", "", "blinking shows A", AT(flip)},
    {"opacity", "0.8", "X", "of the overlay", AT(opacity), .lo = 0, .hi = 1},
    {"swipe", "0.5", "X", "place of the divider", AT(swipe), .lo = 0, .hi = 1},
    {"fade", "0.5", "X", "0 is A, 1 is B", AT(fade), .lo = 0, .hi = 1},
    {"cmap", "magma", "NAME", "colours", AT(cmap), .choice = cmaps},
    {"range", "shared", "NAME", "of the colours", AT(span), .choice = spans},
    {"lo", "0", "X", "lower end of a fixed range", AT(lo), .lo = -1e9, .hi = 1e9},
    {"hi", "1", "X", "upper end of a fixed range", AT(hi), .lo = -1e9, .hi = 1e9},
    {"clip", "0", "P", "percent cut off at both ends", AT(clip), .lo = 0, .hi = 25},
    {"manual", "no", "", "threshold set by hand", AT(manual)},
    {"threshold", "0", "X", "the one set by hand", AT(threshold), .lo = -1e9, .hi = 1e9},
    {"zoom", "1", "X", "1 fits", AT(zoom), .lo = 1, .hi = 64},
    {"pan-x", "0.5", "X", "centre", AT(pan_x), .lo = 0, .hi = 1},
    {"pan-y", "0.5", "X", "centre", AT(pan_y), .lo = 0, .hi = 1},
    {"sort", "id", "NAME", "order of the images", AT(sort), .choice = sorts},
    {"only-task", "0", "N", "list one task, 0 all", AT(only_task), .lo = 0, .hi = 1e5},
    {"only-class", "0", "N", "list one class, 0 all", AT(only_class), .lo = 0, .hi = 1e7},
    {"only-fate", "any", "NAME", "list by the answer at A and B", AT(only_fate),
     .choice = fates},
    {"only-marked", "no", "", "list marked images", AT(only_marked)},
    {"least-drift", "0", "X", "list images that drifted as much", AT(least), .lo = 0,
     .hi = 1e9},
    {"most-drift", "0", "X", "list images that drifted no more; 0: any", AT(most), .lo = 0,
     .hi = 1e9},
    {"search", "", "TEXT", "list labels and ids that hold it", AT(search)},
    {"metric", "relfro", "NAME", "how drift is measured", AT(metric)},
    {"protocol", "task", "NAME", "accuracy by", AT(protocol), .choice = protocols},
    {"tab", "accuracy", "NAME", "of the study", AT(tab), .choice = tabs},
    {"unit", "image", "NAME", "one dot of the scatter", AT(unit), .choice = units},
    {"grid", "no", "", "images fill the window", AT(grid)},
    {"browser", "yes", "", "image list shown", AT(browser)},
    {"inspector", "yes", "", "right side shown", AT(inspector)},
    {"follow", "yes", "", "take new checkpoints of a live run", AT(follow)},
    {"newest", "no", "", "B goes with the newest checkpoint", AT(newest)},
    {"fps", "2", "X", "checkpoints a second in playback", AT(fps), .lo = 0.25, .hi = 8},
    {"loop", "yes", "", "playback begins again", AT(loop)},
    {0}};
#undef AT

void ds_view_defaults(struct ds_view *v)
{
    struct ds_err err = {0};

    memset(v, 0, sizeof *v);
    ds_opt_defaults(ds_view_table, v,
                    &err); /* the fallbacks are constants: a test reads them */
}

bool ds_view_marked(const struct ds_view *v, int image)
{
    return image >= 1 && image <= DS_MARKS && v->mark[(image - 1) / 8] >> (image - 1) % 8 & 1;
}

void ds_view_mark(struct ds_view *v, int image, bool on)
{
    uint8_t bit;

    if (image < 1 || image > DS_MARKS)
        return;
    bit = (uint8_t)(1u << (image - 1) % 8);
    if (on)
        v->mark[(image - 1) / 8] |= bit;
    else
        v->mark[(image - 1) / 8] &= (uint8_t)~bit;
}

struct text {
    char *at;
    size_t n, room;
    bool failed;
};

static void add(struct text *t, const char *s)
{
    const size_t n = strlen(s);

    if (t->n + n + 1 > t->room) {
        const size_t room = 2 * (t->n + n + 1);
        char *grown = t->failed ? NULL : realloc(t->at, room);

        if (!grown) {
            t->failed = true;
            return;
        }
        t->at = grown;
        t->room = room;
    }
    memcpy(t->at + t->n, s, n + 1);
    t->n += n;
}

/* Blanks, percent signs and quotes would end or change a word. */
static void add_value(struct text *t, const char *s)
{
    char piece[4];

    for (; *s; s++) {
        if (*s == ' ' || *s == '%' || *s == '\t' || *s == '\n' || *s == '\'' || *s == '#')
            snprintf(piece, sizeof piece, "%%%02x", (unsigned)(unsigned char)*s);
        else
            snprintf(piece, sizeof piece, "%c", *s);
        add(t, piece);
    }
}

static void add_marks(struct text *t, const struct ds_view *v, const char *between)
{
    const char *join = "";
    char piece[40];

    for (int i = 1; i <= DS_MARKS; i++) {
        int last = i;

        if (!ds_view_marked(v, i))
            continue;
        while (ds_view_marked(v, last + 1))
            last++;
        if (!*join) {
            add(t, t->n ? between : "");
            add(t, "marks=");
        }
        snprintf(piece, sizeof piece, last > i ? "%s%d-%d" : "%s%d", join, i, last);
        add(t, piece);
        join = ",";
        i = last;
    }
}

char *ds_view_text(const struct ds_view *v, const char *between)
{
    struct text t = {0};
    struct ds_view plain;
    char value[256], usual[256];

    ds_view_defaults(&plain);
    add(&t, "");
    for (const struct ds_opt *row = ds_view_table; row->key; row++) {
        ds_opt_print(row, v, value, sizeof value);
        ds_opt_print(row, &plain, usual, sizeof usual);
        if (!strcmp(value, usual))
            continue;
        add(&t, t.n ? between : "");
        add(&t, row->key);
        add(&t, "=");
        add_value(&t, value);
    }
    add_marks(&t, v, between);
    if (t.failed) {
        free(t.at);
        return NULL;
    }
    return t.at;
}

static int read_marks(struct ds_view *v, const char *s, const char *origin, struct ds_err *err)
{
    memset(v->mark, 0, sizeof v->mark);
    while (*s) {
        char *end;
        const long from = strtol(s, &end, 10);
        const long to = *end == '-' ? strtol(end + 1, &end, 10) : from;

        if (end == s || from < 1 || to < from || to > DS_MARKS || (*end && *end != ','))
            return ds_fail(err, DS_USAGE, "%s: marks=%s: expected numbers and spans up to %d",
                           origin, s, (int)DS_MARKS);
        for (long i = from; i <= to; i++)
            ds_view_mark(v, (int)i, true);
        s = end + (*end == ',');
    }
    return 0;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void unescape(char *s)
{
    char *to = s;

    for (; *s; s++)
        if (*s == '%' && hex(s[1]) >= 0 && hex(s[2]) >= 0) {
            *to++ = (char)(16 * hex(s[1]) + hex(s[2]));
            s += 2;
        } else {
            *to++ = *s;
        }
    *to = 0;
}

static int read_word(struct ds_view *v, char *word, const char *origin, struct ds_err *err)
{
    char *equals = strchr(word, '=');

    if (!equals)
        return ds_fail(err, DS_USAGE, "%s: expected key=value, found '%.60s'", origin, word);
    *equals = 0;
    if (!strcmp(word, "marks"))
        return read_marks(v, equals + 1, origin, err);
    unescape(equals + 1);
    return ds_opt_set(ds_view_table, v, word, equals + 1, origin, err);
}

int ds_view_read(struct ds_view *v, const char *text, const char *origin, struct ds_err *err)
{
    struct ds_view next = *v;
    char *copy = malloc(strlen(text) + 1), *at = copy;
    int code = 0;

    if (!copy)
        return ds_fail(err, DS_NOMEM, "out of memory for a view");
    memcpy(copy, text, strlen(text) + 1);
    while (*at && !code) {
        const size_t n = strcspn(at, *at == '#' ? "\n" : " \t\r\n");
        char *after = at[n] ? at + n + 1 : at + n;

        at[n] = 0;
        if (n > 0 && *at != '#')
            code = read_word(&next, at, origin, err);
        at = after;
    }
    if (!code)
        *v = next;
    free(copy);
    return code;
}
