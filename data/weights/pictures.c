/* data/weights/pictures.c -- how pictures become the input of a network.
 *
 * Mean and deviation by channel, and the recipe in numbers (data/image/recipe.h). A recipe
 * that is said by `size` follows the network to another input size by itself; one that a file
 * says in numbers is taken along in proportion; what the user says stays as it is. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/image/recipe.h"
#include "data/weights/model_int.h"

static bool by_user(const struct ds_fact *fact)
{
    return !strncmp(fact->from, "--", 2);
}

/* One number for all channels, or one each. */
static int spread(double to[4], const struct ds_fact *fact, const struct ds_model *m,
                  const char *what, struct ds_err *err)
{
    const int channels = m->vit.shape.channels;

    if ((fact->n != 1 && fact->n != channels) || channels > 4)
        return ds_fail(err, by_user(fact) ? DS_USAGE : DS_DATA,
                       "%s: %d numbers of %s (%s) for %d channels", m->file, fact->n, what,
                       fact->from, channels);
    for (int c = 0; c < channels; c++)
        to[c] = fact->value[fact->n == 1 ? 0 : c];
    return 0;
}

/* Sides of steps that were meant for an input of was x was_w. */
static void scale(struct ds_recipe *r, const struct ds_vit_shape *is, int was_h, int was_w)
{
    for (int i = 0; i < r->count; i++) {
        struct ds_recipe_step *s = &r->step[i];

        if (s->kind != DS_RECIPE_SHORT && s->kind != DS_RECIPE_RESIZE &&
            s->kind != DS_RECIPE_CROP)
            continue;
        s->height = (int)lround((double)s->height * is->height / was_h);
        s->width = (int)lround((double)s->width * is->width / was_w);
        if (s->kind == DS_RECIPE_SHORT)
            s->height = s->width = s->height < s->width ? s->height : s->width;
    }
}

static int read_recipe(struct ds_recipe *r, const struct ds_model *m,
                       const struct ds_fact *fact, int was_h, int was_w, struct ds_err *err)
{
    const struct ds_vit_shape *s = &m->vit.shape;
    const enum ds_code code = by_user(fact) ? DS_USAGE : DS_DATA;
    char text[DS_RECIPE_TEXT];

    if (ds_recipe_parse(r, fact->text, s->height == s->width ? s->height : 0, err)) {
        err->code = code;
        return ds_while(err, "%s (%s)", m->file, fact->from);
    }
    if (ds_recipe_random(r))
        return ds_fail(err, code,
                       "%s: transform '%s' (%s) draws random numbers, which is for training",
                       m->file, fact->text, fact->from);
    if (by_user(fact) || strstr(fact->text, " size") ||
        (was_h == s->height && was_w == s->width))
        return 0;
    scale(r, s, was_h, was_w);
    if (ds_recipe_parse(r, ds_recipe_print(text, r), 0, err)) /* sides beyond the limits */
        return ds_while(err, "%s at %d x %d", m->file, s->height, s->width);
    return 0;
}

int ds_model_pictures(struct ds_model *m, struct ds_facts *f, int was_h, int was_w,
                      struct ds_err *err)
{
    struct ds_fact *recipe = &f->fact[DS_FACT_RECIPE];
    const int channels = m->vit.shape.channels;
    char text[DS_RECIPE_TEXT];
    struct ds_recipe r;

    if (spread(m->mean, &f->fact[DS_FACT_MEAN], m, "mean", err) ||
        spread(m->std, &f->fact[DS_FACT_STD], m, "standard deviation", err))
        return err->code;
    for (int c = 0; c < channels; c++)
        if (!isfinite(m->mean[c]) || !(m->std[c] > 0) || !isfinite(m->std[c]))
            return ds_fail(err, DS_DATA, "%s: mean %g and deviation %g (%s) are impossible",
                           m->file, m->mean[c], m->std[c], f->fact[DS_FACT_STD].from);
    if (read_recipe(&r, m, recipe, was_h, was_w, err))
        return err->code;
    ds_recipe_print(text, &r);
    if (strlen(text) >= sizeof m->recipe)
        return ds_fail(err, DS_DATA, "%s: transform '%.60s...' is longer than %zu bytes",
                       m->file, text, sizeof m->recipe - 1);
    snprintf(m->recipe, sizeof m->recipe, "%s", text);
    snprintf(recipe->text, sizeof recipe->text, "%s", text);
    return 0;
}
