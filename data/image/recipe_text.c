/* data/image/recipe_text.c -- recipes as text, and the ones that have a name. See recipe.h. */
#include "data/image/recipe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/opt.h"

enum { WORDS = 4, WORD = 48, PAD_MOST = 512 };

static const struct ds_recipe_name names[] = {
    {"none", "none", "pictures that have the network's size already"},
    {"timm", "resize size/0.9 bicubic, crop size",
     "timm's evaluation of ViT (crop_pct 0.9, short side 248 for 224)"},
    {"cifar", "resize sizexsize bicubic", "ARCL's evaluation on CIFAR-100, released code"},
    {"imagenet", "resize size/0.875xsize/0.875 bilinear, crop size",
     "ARCL's evaluation on ImageNet-R and DomainNet, released code (256x256 for 224)"},
    {"clip", "resize size bicubic, crop size", "CLIP's preprocessing"},
    {"dinov2", "resize size/0.875 bicubic, crop size",
     "DINO's and DINOv2's evaluation (short side 256 for 224)"},
    {"imagenet-256", "resize size/0.875 bicubic, crop size",
     "short side 256, middle 224: the usual evaluation on ImageNet"},
    {"cifar-train", "autoaugment cifar10, random-crop size bicubic",
     "ARCL's training on CIFAR-100, released code"},
    {"imagenet-train", "autoaugment imagenet, random-crop size bilinear",
     "ARCL's training on ImageNet-R and DomainNet, released code"},
    {"crop-flip", "random-crop size bicubic, flip", "the usual training on ImageNet"},
};
enum { NAMES = sizeof names / sizeof *names };

static const char *const filter_word[] = {"bilinear", "bicubic", NULL};
static const char *const policy_word[] = {"cifar10", "imagenet", NULL};
static const char *const kind_word[] = {"resize",      "resize", "crop",     "random-crop",
                                        "autoaugment", "flip",   "pad-crop", NULL};

const struct ds_recipe_name *ds_recipe_named(int i)
{
    return i >= 0 && i < NAMES ? &names[i] : NULL;
}

/* The words of one step. */
struct words {
    int count;
    char word[WORDS][WORD];
};

static int split(struct words *w, const char *text, size_t n, struct ds_err *err)
{
    size_t at = 0;

    w->count = 0;
    while (at < n) {
        size_t length = 0;

        if (text[at] == ' ') {
            at++;
            continue;
        }
        while (at + length < n && text[at + length] != ' ')
            length++;
        if (w->count == WORDS || length >= WORD)
            return ds_fail(err, DS_USAGE, "step '%.*s' has too many words, or too long ones",
                           (int)(n < 80 ? n : 80), text);
        snprintf(w->word[w->count++], WORD, "%.*s", (int)length, text + at);
        at += length;
    }
    return 0;
}

static int choose(int *out, const char *word, const char *const *among, const char *what,
                  struct ds_err *err)
{
    const char *near;

    for (int i = 0; among[i]; i++)
        if (word && !strcmp(word, among[i])) {
            *out = i;
            return 0;
        }
    near = word ? ds_opt_nearest(word, among) : NULL;
    if (near)
        return ds_fail(err, DS_USAGE, "'%s' is no %s, did you mean '%s'?", word, what, near);
    return ds_fail(err, DS_USAGE, "%s%s%s, expected %s or %s", word ? "'" : "a step lacks its ",
                   word ? word : what, word ? "'" : "", among[0], among[1]);
}

/* A whole number, `size`, or `size/X`. */
static int read_side(int *out, const char *text, int size, struct ds_err *err)
{
    const int named = !strncmp(text, "size", 4);
    const char *from = named ? text + 4 : text;
    char *end = (char *)(uintptr_t)from;
    double v = 1;

    if (named && size < 1)
        return ds_fail(err, DS_USAGE,
                       "'%s' needs the size of the network's input; say it, or write a number",
                       text);
    if (*from == '/' || !named)
        v = strtod(from + named, &end);
    if (named)
        v = v > 0 ? floor(size / v) : 0;
    if (*end || end == text || !(v >= 1 && v <= DS_PICTURE_SIDE) || v != floor(v))
        return ds_fail(err, DS_USAGE, "'%s' is no size, expected a number of 1 to %d pixels",
                       text, DS_PICTURE_SIDE);
    *out = (int)v;
    return 0;
}

/* N or WxH; *exact tells which. */
static int read_size(struct ds_recipe_step *s, bool *exact, const char *text, int size,
                     struct ds_err *err)
{
    const char *times = strchr(text, 'x');
    char wide[WORD];

    *exact = times != NULL;
    if (!times) {
        if (read_side(&s->width, text, size, err))
            return err->code;
        s->height = s->width;
        return 0;
    }
    snprintf(wide, sizeof wide, "%.*s", (int)(times - text), text);
    return read_side(&s->width, wide, size, err) || read_side(&s->height, times + 1, size, err)
               ? (int)err->code
               : 0;
}

static int read_filter(struct ds_recipe_step *s, const struct words *w, struct ds_err *err)
{
    int filter = 0;

    if (choose(&filter, w->count > 2 ? w->word[2] : NULL, filter_word, "filter", err))
        return err->code;
    s->filter = (enum ds_filter)filter;
    return 0;
}

static int read_least(struct ds_recipe_step *s, const struct words *w, struct ds_err *err)
{
    char *end;

    s->least = 0.08;
    if (w->count < 4)
        return 0;
    s->least = strtod(w->word[3], &end);
    if (*end || !(s->least > 0 && s->least <= 1))
        return ds_fail(err, DS_USAGE, "'%s' is no share of the area, expected 0.01 to 1",
                       w->word[3]);
    return 0;
}

/* What follows the first word, by kind; *used is how many words that takes. */
static int read_rest(struct ds_recipe_step *s, int *used, const struct words *w, int size,
                     struct ds_err *err)
{
    bool exact = false;
    int policy = 0;

    *used = 2;
    if (s->kind == DS_RECIPE_FLIP) {
        *used = 1;
        return 0;
    }
    if (s->kind == DS_RECIPE_AUTOAUGMENT) {
        if (choose(&policy, w->count > 1 ? w->word[1] : NULL, policy_word, "policy", err))
            return err->code;
        s->policy = (enum ds_policy)policy;
        return 0;
    }
    if (w->count < 2)
        return ds_fail(err, DS_USAGE, "'%s' lacks its size", w->word[0]);
    if (read_size(s, &exact, w->word[1], size, err))
        return err->code;
    if (s->kind == DS_RECIPE_PAD_CROP && (exact || s->width > PAD_MOST))
        return ds_fail(err, DS_USAGE, "pad-crop by '%s', expected 1 to %d pixels", w->word[1],
                       PAD_MOST);
    if (s->kind == DS_RECIPE_CROP || s->kind == DS_RECIPE_PAD_CROP)
        return 0;
    *used = 3;
    if (s->kind == DS_RECIPE_SHORT && exact)
        s->kind = DS_RECIPE_RESIZE;
    if (read_filter(s, w, err))
        return err->code;
    if (s->kind != DS_RECIPE_RANDOM_CROP)
        return 0;
    *used = w->count > 3 ? 4 : 3;
    return read_least(s, w, err);
}

static int read_step(struct ds_recipe_step *s, const char *text, size_t n, int size,
                     struct ds_err *err)
{
    struct words w;
    int kind = 0, used = 0;
    const char *near;

    *s = (struct ds_recipe_step){0};
    if (split(&w, text, n, err))
        return err->code;
    if (!w.count)
        return ds_fail(err, DS_USAGE, "there is an empty step in it");
    while (kind_word[kind] && strcmp(w.word[0], kind_word[kind]) != 0)
        kind++;
    if (!kind_word[kind]) {
        near = ds_opt_nearest(w.word[0], kind_word);
        return ds_fail(err, DS_USAGE,
                       "there is no step '%s'%s%s%s; expected resize, crop, random-crop, "
                       "autoaugment, flip or pad-crop",
                       w.word[0], near ? ", did you mean '" : "", near ? near : "",
                       near ? "'?" : "");
    }
    s->kind = (enum ds_recipe_kind)kind;
    if (read_rest(s, &used, &w, size, err))
        return err->code;
    if (w.count > used)
        return ds_fail(err, DS_USAGE, "'%s' is too much in a step '%s'", w.word[used],
                       w.word[0]);
    return 0;
}

static int read_steps(struct ds_recipe *r, const char *text, int size, struct ds_err *err)
{
    while (*text) {
        const size_t n = strcspn(text, ",");

        if (r->count == DS_RECIPE_STEPS)
            return ds_fail(err, DS_USAGE, "more than %d steps", DS_RECIPE_STEPS);
        if (read_step(&r->step[r->count], text, n, size, err))
            return err->code;
        r->count++;
        text += n;
        if (*text == ',' && !*++text)
            return ds_fail(err, DS_USAGE, "there is an empty step in it");
    }
    return r->count ? 0 : ds_fail(err, DS_USAGE, "it is empty; write none for no step");
}

int ds_recipe_parse(struct ds_recipe *r, const char *text, int size, struct ds_err *err)
{
    const char *steps = text;

    *r = (struct ds_recipe){0};
    for (int i = 0; i < NAMES; i++)
        if (!strcmp(text, names[i].key))
            steps = names[i].text;
    if (!strcmp(steps, "none"))
        return 0;
    if (read_steps(r, steps, size, err)) {
        *r = (struct ds_recipe){0};
        return ds_while(err, "recipe '%.200s'", text);
    }
    return 0;
}

/* The fewest digits that read back to the same number. */
static const char *shortest(char text[32], double v)
{
    int digits = 0;

    do
        snprintf(text, 32, "%.*g", ++digits, v);
    while (digits < 17 && strtod(text, NULL) != v); /* 17 do, of any number */
    return text;
}

static void print_step(char *text, size_t n, const struct ds_recipe_step *s)
{
    const char *word = kind_word[s->kind];
    char size[32], least[32];

    snprintf(size, sizeof size,
             s->height == s->width && s->kind != DS_RECIPE_RESIZE ? "%d" : "%dx%d", s->width,
             s->height);
    if (s->kind == DS_RECIPE_FLIP)
        snprintf(text, n, "%s", word);
    else if (s->kind == DS_RECIPE_AUTOAUGMENT)
        snprintf(text, n, "%s %s", word, policy_word[s->policy]);
    else if (s->kind == DS_RECIPE_CROP || s->kind == DS_RECIPE_PAD_CROP)
        snprintf(text, n, "%s %s", word, size);
    else if (s->kind == DS_RECIPE_RANDOM_CROP && s->least != 0.08)
        snprintf(text, n, "%s %s %s %s", word, size, filter_word[s->filter],
                 shortest(least, s->least));
    else
        snprintf(text, n, "%s %s %s", word, size, filter_word[s->filter]);
}

const char *ds_recipe_print(char text[DS_RECIPE_TEXT], const struct ds_recipe *r)
{
    size_t used = 0;

    snprintf(text, DS_RECIPE_TEXT, "none");
    for (int i = 0; i < r->count; i++) { /* at most 61 bytes a step */
        if (i)
            used += (size_t)snprintf(text + used, DS_RECIPE_TEXT - used, ", ");
        print_step(text + used, DS_RECIPE_TEXT - used, &r->step[i]);
        used += strlen(text + used);
    }
    return text;
}
