/* viz/viewer/subject.c -- opening a run, and reading its rows. See the header. */
#define _POSIX_C_SOURCE 200809L
#include "viz/viewer/subject.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/store/h5.h"
#include "data/store/run.h"

static const size_t LARGE = (size_t)8 << 20; /* bytes: a smaller array stays in memory */

struct ds_stamp ds_stamp_of(const char *path)
{
    struct stat st;

    if (stat(path, &st))
        return (struct ds_stamp){0};
    return (struct ds_stamp){(int64_t)st.st_ino, (int64_t)st.st_size,
                             (int64_t)st.st_mtim.tv_sec, (int64_t)st.st_mtim.tv_nsec, true};
}

bool ds_stamp_same(const struct ds_stamp *a, const struct ds_stamp *b)
{
    return a->there == b->there && a->inode == b->inode && a->size == b->size &&
           a->seconds == b->seconds && a->nanoseconds == b->nanoseconds;
}

/* The writer holds RUN/lock for its life; asking shared and letting go at once disturbs
 * nobody but a writer that starts in this very instant, which then tries again. */
static bool written_now(const char *run)
{
    char path[1300];
    bool held = false;
    int fd;

    snprintf(path, sizeof path, "%s/lock", run);
    if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        return false;
    if (flock(fd, LOCK_SH | LOCK_NB))
        held = true;
    close(fd);
    return held;
}

static void name_of(struct ds_subject *s, const char *run)
{
    size_t n = strlen(run);
    const char *slash;

    while (n > 1 && run[n - 1] == '/')
        n--;
    slash = run + n;
    while (slash > run && slash[-1] != '/')
        slash--;
    snprintf(s->name, sizeof s->name, "%.*s", (int)(run + n - slash), slash);
}

/* RUN@T, or the run.h5 in it, to a directory and a checkpoint. */
static int place(struct ds_subject *s, char *run, size_t size, struct ds_err *err)
{
    static const char file[] = "/run.h5";
    const size_t n = strlen(s->address), tail = sizeof file - 1;
    struct ds_address a;
    struct stat st;
    int code;

    if (!stat(s->address, &st) && S_ISREG(st.st_mode)) {
        s->named = -1;
        snprintf(s->path, sizeof s->path, "%s", s->address);
        snprintf(run, size, "%.*s",
                 (int)(n > tail && !strcmp(s->address + n - tail, file) ? n - tail : n),
                 s->address);
        return 0;
    }
    if ((code = ds_address_parse(&a, s->address, err)))
        return code;
    snprintf(run, size, "%s", a.run);
    snprintf(s->path, sizeof s->path, "%s%s", a.run, file);
    s->named = a.checkpoint == DS_CHECKPOINT_NONE   ? -1
               : a.checkpoint == DS_CHECKPOINT_LAST ? (1 << 20)
                                                    : a.checkpoint;
    return 0;
}

static int count_bad(const struct ds_record *r)
{
    const size_t n =
        (size_t)r->done * (size_t)r->images * (size_t)r->layers * (size_t)r->patches;
    int bad = 0;

    for (size_t i = 0; i < n; i++)
        bad += !isfinite(r->rollout[i]) && bad < 1 << 30;
    return bad;
}

static int check(const struct ds_subject *s, struct ds_err *err)
{
    const struct ds_record *r = &s->record;

    if (r->done < 1)
        return ds_fail(err, DS_DATA, "%s: no checkpoint has been reached yet", s->path);
    if (r->images < 1 || !r->rollout)
        return ds_fail(err, DS_DATA,
                       "%s: holds no maps of evaluation images; train with --eval-images",
                       s->path);
    if (r->grid_h * r->grid_w != r->patches)
        return ds_fail(err, DS_DATA, "%s: %d patches are no %d x %d grid", s->path, r->patches,
                       r->grid_h, r->grid_w);
    if (s->named >= r->done && s->named < 1 << 20)
        return ds_fail(err, DS_USAGE, "%s: there is no checkpoint %d; 0 to %d are stored",
                       s->path, s->named, r->done - 1);
    return 0;
}

/* The record, and what only a file of maps has. The bundle is gone before the arrays move to
 * the disk, so that memory holds them twice at most. */
static int load(struct ds_subject *s, struct ds_err *err)
{
    struct ds_record *r = &s->record;
    struct ds_bundle b = {0};
    int code;

    if (!(code = ds_bundle_load(&b, s->path, err)) &&
        !(code = ds_record_unpack(r, &b, s->path, err)))
        code = ds_attended_read(&s->attended, &b, r, s->path, err);
    ds_bundle_clear(&b);
    return code;
}

static void spill(struct ds_subject *s)
{
    struct ds_record *r = &s->record;
    const size_t square = (size_t)r->tokens * (size_t)r->tokens;

    r->pixels = ds_spill(&s->pixels, r->pixels,
                         (size_t)r->images * (size_t)r->height * (size_t)r->width * 3, LARGE);
    r->attention = ds_spill(&s->matrix, r->attention,
                            (size_t)r->done * (size_t)r->probe * (size_t)r->layers * square *
                                sizeof *r->attention,
                            LARGE);
}

int ds_subject_open(struct ds_subject **out, const char *address, struct ds_err *err)
{
    struct ds_subject *s = calloc(1, sizeof *s);
    char run[1100];
    int code;

    *out = NULL;
    if (!s)
        return ds_fail(err, DS_NOMEM, "out of memory for a run");
    if (strlen(address) >= sizeof s->address) {
        code = ds_fail(err, DS_USAGE, "a path of %zu bytes is too long", strlen(address));
        goto done;
    }
    snprintf(s->address, sizeof s->address, "%s", address);
    if ((code = place(s, run, sizeof run, err)))
        goto done;
    name_of(s, run);
    s->stamp = ds_stamp_of(s->path);
    s->live = written_now(run);
    if ((code = load(s, err)) || (code = check(s, err)))
        goto done;
    spill(s);
    s->bad = count_bad(&s->record);
    for (int p = 0; p < 2 && !code; p++)
        code =
            ds_accuracy_of(&s->accuracy[p], &s->record, (enum ds_protocol)p, DS_REFINED, err);

done:
    if (code) {
        ds_subject_free(s);
        return code;
    }
    *out = s;
    return 0;
}

void ds_subject_free(struct ds_subject *s)
{
    if (!s)
        return;
    for (int p = 0; p < 2; p++)
        ds_accuracy_clear(&s->accuracy[p]);
    s->record.pixels = s->pixels.at ? NULL : s->record.pixels; /* else it is not the record's */
    s->record.attention = s->matrix.at ? NULL : s->record.attention;
    ds_spill_clear(&s->pixels);
    ds_spill_clear(&s->matrix);
    ds_attended_clear(&s->attended);
    ds_record_clear(&s->record);
    free(s);
}

static size_t row_of(const struct ds_record *r, int checkpoint, int image, int layer)
{
    return ((size_t)checkpoint * (size_t)r->images + (size_t)image) * (size_t)r->layers +
           (size_t)layer;
}

const float *ds_subject_map(const struct ds_subject *s, int checkpoint, int image, int layer)
{
    const struct ds_record *r = &s->record;

    return r->rollout + row_of(r, checkpoint, image, layer) * (size_t)r->patches;
}

double ds_subject_split(const struct ds_subject *s, int checkpoint, int image, int layer)
{
    return (double)s->record.split[row_of(&s->record, checkpoint, image, layer)];
}

const float *ds_subject_attention(const struct ds_subject *s, int checkpoint, int image,
                                  int layer)
{
    const struct ds_record *r = &s->record;
    const size_t square = (size_t)r->tokens * (size_t)r->tokens;

    if (!r->attention || image >= r->probe)
        return NULL;
    return r->attention +
           (((size_t)checkpoint * (size_t)r->probe + (size_t)image) * (size_t)r->layers +
            (size_t)layer) *
               square;
}

const float *ds_subject_second(const struct ds_subject *s, int image, int layer, double *split)
{
    const struct ds_attended *a = &s->attended;
    const size_t row = row_of(&s->record, 0, image, layer);

    if (!a->map)
        return NULL;
    *split = (double)a->split[row];
    return a->map + row * (size_t)s->record.patches;
}

const float *ds_subject_head(const struct ds_subject *s, int image, int layer, int head,
                             double *split)
{
    const struct ds_attended *a = &s->attended;
    const size_t row =
        row_of(&s->record, 0, image, layer) * (size_t)s->record.heads + (size_t)head;

    if (!a->head || head >= s->record.heads)
        return NULL;
    *split = (double)a->head_split[row];
    return a->head + row * (size_t)s->record.patches;
}

bool ds_subject_is_maps(const struct ds_subject *s)
{
    return !strcmp(s->record.method, "attend");
}

double ds_subject_weights(const struct ds_subject *s, int checkpoint)
{
    const size_t n = strlen(s->path);
    char path[1400];
    struct stat st;

    if (!s->record.checkpoint || n < 6)
        return 0;
    snprintf(path, sizeof path, "%.*scheckpoints/%.63s", (int)(n - 6), s->path,
             s->record.checkpoint[checkpoint]); /* beside run.h5 */
    return stat(path, &st) ? 0 : (double)st.st_size;
}

int ds_subject_answer(const struct ds_subject *s, int checkpoint, int image)
{
    const struct ds_record *r = &s->record;
    const int said = r->predicted[(size_t)checkpoint * (size_t)r->images + (size_t)image];

    return said < 0 ? -1 : said == r->label[image];
}
