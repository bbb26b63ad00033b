/* viz/cli/cmd_drift_null.c -- what drift is where nothing changed: the noise floor. See
 * cmd_drift.h.
 *
 *     --noise jitter[:N]   the first network against itself on N jittered copies of the
 * pictures
 *     --null OTHER         the first network against another that should be its equal */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/look/look_pair.h"
#include "viz/cli/cmd_drift.h"

enum { DRAWS = 4, DRAWS_MOST = 64 };

/* "jitter", "jitter:8" -> draws; "" -> 0. */
static int read_noise(int *draws, const char *text, struct ds_err *err)
{
    static const char word[] = "jitter";
    const size_t n = sizeof word - 1;
    char *end = NULL;
    long number;

    *draws = 0;
    if (!*text)
        return 0;
    *draws = DRAWS;
    if (!strcmp(text, word))
        return 0;
    number = !strncmp(text, word, n) && text[n] == ':' ? strtol(text + n + 1, &end, 10) : 0;
    if (number < 1 || number > DRAWS_MOST || *end)
        return ds_fail(err, DS_USAGE, "--noise %s: expected jitter, or jitter:N with N 1 to %d",
                       text, DRAWS_MOST);
    *draws = (int)number;
    return 0;
}

/* A network that says by itself what it saw, once a draw. */
static int draw(struct ds_drift_floor *f, struct ds_drift_seen *a, struct ds_drift_pictures *p,
                const struct ds_tone *tone, struct ds_err *err)
{
    for (int i = 0; i < f->draws; i++) {
        struct ds_look_want want = a->want;
        char label[64];

        want.jitter = i + 1;
        snprintf(label, sizeof label, "jittered, %d of %d", i + 1, f->draws);
        if (ds_drift_look_at(&f->draw[i], a, &want, p, label, tone, err))
            return err->code;
    }
    return 0;
}

static void describe(struct ds_drift_floor *f, const struct ds_drift_seen *a,
                     const struct ds_drift_opt *o)
{
    const bool mirrored = a->want.row < ds_prefix(&a->m.vit.shape);

    snprintf(f->text, sizeof f->text,
             "%s against itself under jitter, %d draws of seed %d: input moved by up to %d "
             "pixels each way, border repeated%s",
             a->name, f->draws, o->sheet.seed, ds_look_jitter_most(&a->m.vit.shape),
             mirrored ? "; half of the pictures mirrored, their maps mirrored back" : "");
}

int ds_drift_floor_open(struct ds_drift_floor *f, struct ds_drift_seen *a,
                        const struct ds_drift_opt *o, struct ds_drift_pictures *p,
                        const struct ds_tone *tone, struct ds_err *err)
{
    int code;

    if ((code = read_noise(&f->draws, o->noise, err)))
        return code;
    if (f->draws && *o->null)
        return ds_fail(err, DS_USAGE, "--noise and --null are two noise floors; choose one");
    if (f->draws) {
        f->draw = calloc((size_t)f->draws, sizeof *f->draw);
        f->record = calloc((size_t)f->draws, sizeof *f->record);
        if (!f->draw || !f->record)
            return ds_fail(err, DS_NOMEM, "out of memory for %d draws", f->draws);
        describe(f, a, o);
        return draw(f, a, p, tone, err);
    }
    snprintf(f->text, sizeof f->text, "%s against %s", a->name, o->null);
    if (*o->null && !(code = ds_drift_seen_open(&f->other, o->null, o, &p->g, tone, err)) &&
        !(code = ds_drift_seen_check(a, &f->other, o, err)))
        code = ds_drift_seen_look(&f->other, p, tone, err);
    return code;
}

int ds_drift_floor_match(struct ds_drift_floor *f, struct ds_drift_seen *a, struct ds_err *err)
{
    f->null = (struct ds_drift_null){f->text, f->draws, f->record, 0};
    for (int i = 0; i < f->draws; i++) {
        if (ds_look_match(&a->look, &f->draw[i], err))
            return err->code;
        f->record[i] = ds_look_shown(&f->draw[i], a->want.by_head);
    }
    if (f->other.name) {
        if (ds_drift_seen_match(a, &f->other, err))
            return err->code;
        f->null.count = 1;
        f->null.record = &f->other.shown;
    }
    return 0;
}

void ds_drift_floor_close(struct ds_drift_floor *f)
{
    for (int i = 0; f->draw && i < f->draws; i++)
        ds_look_clear(&f->draw[i]);
    free(f->draw);
    free(f->record);
    ds_drift_seen_close(&f->other);
}
