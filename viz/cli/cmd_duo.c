/* viz/cli/cmd_duo.c -- two networks and the pictures both are shown. See the header. */
#include "viz/cli/cmd_duo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/drift/moment.h"
#include "analysis/causal/duo.h"
#include "core/learn/method.h"
#include "data/store/run.h"
#include "viz/cli/cmd_labels.h"

/* Whether an address is a run's; run gets its folder. */
static bool run_of(char run[DS_PATH_MAX], const char *address)
{
    struct ds_address at;
    struct ds_err err;
    char file[DS_PATH_MAX + 16];

    if (ds_address_parse(&at, address, &err))
        return false;
    snprintf(run, DS_PATH_MAX, "%s", at.run);
    snprintf(file, sizeof file, "%s/run.h5", at.run);
    return access(file, R_OK) == 0;
}

static bool number(int *n, const char **c)
{
    *n = 0;
    if (**c < '0' || **c > '9')
        return false;
    for (; **c >= '0' && **c <= '9' && *n < 100000; ++*c)
        *n = 10 * *n + (**c - '0');
    return true;
}

/* "all", or "1,3-5" -> on [n]. */
static int read_set(bool **set, const char *text, int n, const char *flag, struct ds_err *err)
{
    const char *c = text;
    bool good = *c != '\0';

    if (!(*set = calloc((size_t)n, sizeof **set)))
        return ds_fail(err, DS_NOMEM, "out of memory");
    if (!strcmp(text, "all")) {
        memset(*set, true, (size_t)n * sizeof **set);
        return 0;
    }
    while (good && *c) {
        int from, to;

        good = number(&from, &c);
        to = from;
        if (good && *c == '-') {
            c++;
            good = number(&to, &c);
        }
        good = good && from >= 1 && from <= to && to <= n && (!*c || (*c == ',' && c[1]));
        for (int i = from; good && i <= to; i++)
            (*set)[i - 1] = true;
        c += *c == ',';
    }
    return good ? 0
                : ds_fail(err, DS_USAGE, "%s %s: expected all, or a list of 1 to %d as 1,3-5",
                          flag, text, n);
}

/* Some methods answer by other means than the head of the network. */
static int check_method(const struct ds_exam *exam, const char *address, struct ds_err *err)
{
    const struct ds_record *r = ds_exam_about(exam).record;
    const struct ds_method *m = ds_method_lookup(r->method);

    if (m && m->classify)
        return ds_fail(err, DS_DATA,
                       "%s: method %s answers by a classifier of its own, not by the head of "
                       "the network, which is all a transplant can ask",
                       address, r->method);
    return 0;
}

static int show_run(struct ds_found_duo *p, char **operand, const struct ds_duo_opt *o,
                    bool answers, struct ds_err *err)
{
    char s[DS_PATH_MAX], t[DS_PATH_MAX];

    if (!run_of(s, operand[0]))
        return ds_fail(err, DS_USAGE,
                       "%s: is no run, which would have test images; give --images DIR",
                       operand[0]);
    if (ds_exam_open(&p->exam_s, s, o->limit, err))
        return err->code;
    if (run_of(t, operand[1])) {
        p->exam_t = !strcmp(s, t) ? p->exam_s : NULL;
        if (!p->exam_t && ds_exam_open(&p->exam_t, t, 1, err))
            return err->code;
    }
    if (answers && (check_method(p->exam_s, operand[0], err) ||
                    (p->exam_t && check_method(p->exam_t, operand[1], err))))
        return err->code;
    return ds_shown_run(&p->shown, p->exam_s, p->exam_t, &p->s, &p->t, answers, err);
}

/* The names a network has for its classes. */
static int read_labels(struct ds_labels *labels, bool *of_run, const struct ds_model *m,
                       const char *address, const struct ds_duo_opt *o, struct ds_err *err)
{
    struct ds_moment moment = {0};
    char run[DS_PATH_MAX];
    int code;

    *of_run = !*o->labels && run_of(run, address);
    if (!*of_run)
        return ds_labels_load(labels, o->labels, m, err);
    code = ds_moment_open(&moment, address, err) ||
           ds_labels_run(labels, &moment.record, m->vit.shape.classes, err);
    ds_moment_close(&moment);
    return code ? (int)err->code : 0;
}

/* Agreement compares numbers, which must mean the same: names, where both have them. */
static int check_order(const struct ds_labels labels[2], char **operand, struct ds_err *err)
{
    for (int k = 0; k < labels[0].classes && k < labels[1].classes; k++)
        if (labels[0].name[k] && labels[1].name[k] &&
            strcmp(labels[0].name[k], labels[1].name[k]) != 0)
            return ds_fail(
                err, DS_DATA,
                "class %d is '%.80s' in %s, '%.80s' in %s: without pictures of known "
                "classes their answers cannot be compared",
                k, labels[0].name[k], operand[0], labels[1].name[k], operand[1]);
    return 0;
}

/* What both networks call the folders; *known false where one of them cannot say. Labels that
 * were given must fit; those that are guessed may not. */
static int name_folders(int *class[2], bool *known, const struct ds_found_duo *p,
                        char **operand, const struct ds_duo_opt *o, const struct ds_tone *tone,
                        struct ds_err *err)
{
    const struct ds_model *const m[2] = {&p->s, &p->t};
    struct ds_labels labels[2] = {0};
    bool of_run[2], ordered;
    int code = 0;

    for (int side = 0; side < 2 && !code; side++)
        code = read_labels(&labels[side], &of_run[side], m[side], operand[side], o, err);
    *known = true;
    for (int side = 0; side < 2 && *known && !code; side++) {
        code = ds_labels_folders(class[side], &p -> gathered, &labels[side],
                                 of_run[side] ? NULL : &ordered, o -> images, err);
        if (code != DS_DATA || *o->labels)
            continue;
        ds_tty_note(tone, "no accuracy, but agreement with %s: %s", operand[0], err->text);
        *known = false;
        code = check_order(labels, operand, err);
    }
    ds_labels_clear(&labels[0]);
    ds_labels_clear(&labels[1]);
    return code;
}

static int show_folder(struct ds_found_duo *p, char **operand, const struct ds_duo_opt *o,
                       bool answers, const struct ds_tone *tone, struct ds_err *err)
{
    char *images = (char *)o->images;
    int *class[2] = {0}, code;
    bool known = false;

    if ((code = ds_gather(&p->gathered, &images, 1, err)))
        return code;
    for (int side = 0; side < 2; side++)
        if (!(class[side] = calloc((size_t)p->gathered.classes, sizeof **class)))
            code = ds_fail(err, DS_NOMEM, "out of memory for %d folders", p->gathered.classes);
    if (!code && answers)
        code = name_folders(class, &known, p, operand, o, tone, err);
    if (!code)
        code = ds_shown_folder(&p->shown, &p->gathered, o->limit, &p->s, &p->t,
                               known ? class[0] : NULL, known ? class[1] : NULL, err);
    free(class[0]);
    free(class[1]);
    return code;
}

int ds_duo_find(struct ds_found_duo *p, char **operand, const struct ds_duo_opt *o,
                const struct ds_model_want *model, bool answers, const struct ds_tone *tone,
                struct ds_err *err)
{
    *p = (struct ds_found_duo){0};
    if (ds_model_open(&p->s, operand[0], model, err) ||
        ds_model_open(&p->t, operand[1], model, err) ||
        ds_duo_check(&p->s, &p->t, !answers, err) ||
        read_set(&p->layer, o->layer, p->s.vit.shape.depth, "--layer", err) ||
        read_set(&p->head, o->head, p->s.vit.shape.heads, "--head", err))
        return err->code;
    if (!*o->images)
        return show_run(p, operand, o, answers, err);
    return show_folder(p, operand, o, answers, tone, err);
}

void ds_duo_drop(struct ds_found_duo *p)
{
    ds_shown_clear(&p->shown);
    ds_gather_clear(&p->gathered);
    if (p->exam_t != p->exam_s)
        ds_exam_close(p->exam_t);
    ds_exam_close(p->exam_s);
    ds_model_close(&p->t);
    ds_model_close(&p->s);
    free(p->layer);
    free(p->head);
    *p = (struct ds_found_duo){0};
}
