/* tests/viz/viewer_help.c -- a viewer over runs that never ran. See the header. */
#define _POSIX_C_SOURCE 200809L
#include "viewer_help.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/store/h5.h"
#include "viz/viewer/trace.h"

enum { PROBE = 4 };

/* Rows that sum to 1, most of it near the diagonal. */
static void attend(struct ds_record *r)
{
    const int n = r->tokens;
    const size_t count = (size_t)(r->tasks + 1) * PROBE * (size_t)r->layers * (size_t)n;

    r->probe = PROBE;
    free(r->attention);
    r->attention = malloc(count * (size_t)n * sizeof *r->attention);
    assert_non_null(r->attention);
    for (size_t row = 0; row < count; row++) {
        float *a = r->attention + row * (size_t)n, sum = 0;

        for (int i = 0; i < n; i++)
            sum += a[i] = 1.0f / (1 + fabsf((float)((int)(row * 7 % (size_t)n) - i)));
        for (int i = 0; i < n; i++)
            a[i] /= sum;
    }
}

void bench_write(const struct bench *b, int run, int learned, int bad)
{
    const struct synth want = {.method = run ? "arcl" : "finetune",
                               .config = "[a]\nx = 1\n",
                               .tasks = 5,
                               .learned = learned,
                               .per_task = 2,
                               .grid_h = 7,
                               .grid_w = 7,
                               .patch = 4,
                               .layers = 3,
                               .per_class = 3,
                               .colour = true,
                               .mask = true,
                               .drift = run ? 0.05 : 0.2,
                               .seed = 7};
    struct ds_record r;
    struct ds_err err = {0};
    char path[128];

    assert_int_equal(synth_fill(&r, &want, &err), 0);
    if (!r.audit)
        r.audit =
            calloc((size_t)r.tasks * (size_t)r.layers * 3 * DS_AUDIT_COUNT, sizeof(float));
    for (int m = 1; m < r.done; m++)
        for (int i = 0; i < r.images; i++) {
            const int at = m * r.images + i;

            r.predicted[at] = r.task[i] < m ? (i + m) % 3 ? r.label[i] : 0 : 0;
            r.margin[at] = (float)(10 - m + i % 4);
        }
    attend(&r);
    for (int i = 0; i < bad; i++)
        r.rollout[(size_t)(r.done - 1) * (size_t)r.images * (size_t)r.layers * 49 + 2 * 49 +
                  (size_t)i] = i % 2 ? NAN : INFINITY;
    snprintf(path, sizeof path, "%s/run.h5", b->run[run]);
    if (ds_record_save(&r, path, &err))
        fail_msg("%s", err.text);
    ds_record_clear(&r);
}

static void add(struct ds_bundle *to, const char *name, enum ds_type type, int rank,
                const int64_t *dims, const void *data)
{
    struct ds_err err = {0};

    if (!ds_bundle_add(to, name, type, rank, dims, data, &err))
        fail_msg("%s", err.text);
}

static void add_floats(struct ds_bundle *to, const char *name, int rank, const int64_t *dims,
                       double unit)
{
    size_t n = 1;
    float *data;

    for (int i = 0; i < rank; i++)
        n *= (size_t)dims[i];
    data = malloc(n * sizeof *data);
    assert_non_null(data);
    for (size_t i = 0; i < n; i++)
        data[i] = (float)(unit * (1 + (double)(i * 37 % 101)));
    add(to, name, DS_F32, rank, dims, data);
    free(data);
}

void bench_maps_pack(struct ds_bundle *to, const struct bench *b, bool second)
{
    const struct synth want = {.method = "attend",
                               .config = "[attend]\nmodel = m\nsource = raw, heads by mean\n",
                               .tasks = 1,
                               .per_task = 10,
                               .grid_h = 7,
                               .grid_w = 7,
                               .patch = 4,
                               .layers = 3,
                               .per_class = 3,
                               .colour = true,
                               .seed = 7};
    struct ds_record r;
    struct ds_err err = {0};
    char text[30][40], names[12][24], *path[30], *name[12];
    int best[60];

    (void)b;
    assert_int_equal(synth_fill(&r, &want, &err), 0);
    assert_int_equal(r.images, 30);
    for (int i = 0; i < 30; i++) {
        snprintf(text[i], sizeof *text, "pictures/some/p%02d.png", 30 - i);
        path[i] = text[i];
        best[2 * i] = i % 12;
        best[2 * i + 1] = (i + 5) % 12;
    }
    for (int k = 0; k < 12; k++) {
        snprintf(names[k], sizeof *names, "kind %c", 'a' + k);
        name[k] = names[k];
    }
    *to = (struct ds_bundle){0};
    assert_int_equal(ds_record_pack(to, &r, &err), 0);
    assert_non_null(
        ds_bundle_strings(to, "attend/path", (const char *const *)path, 30, "image", &err));
    assert_non_null(ds_bundle_strings(to, "attend/class_name", (const char *const *)name, 12,
                                      "class", &err));
    add(to, "attend/top_class", DS_I32, 2, (const int64_t[]){30, 2}, best);
    add_floats(to, "attend/top_share", 2, (const int64_t[]){30, 2}, 0.005);
    if (second) {
        add_floats(to, "attend/map", 3, (const int64_t[]){30, 3, 49}, 0.001);
        add_floats(to, "attend/map_split", 2, (const int64_t[]){30, 3}, 0.001);
        add_floats(to, "attend/head", 4, (const int64_t[]){30, 3, r.heads, 49}, 0.002);
        add_floats(to, "attend/head_split", 3, (const int64_t[]){30, 3, r.heads}, 0.002);
    }
    ds_record_clear(&r);
}

void bench_maps(struct bench *b, int run, bool second)
{
    struct ds_bundle all;
    struct ds_err err = {0};
    char path[128];

    bench_maps_pack(&all, b, second);
    snprintf(path, sizeof path, "%s/run.h5", b->run[run]);
    if (ds_bundle_save(&all, path, &err))
        fail_msg("%s", err.text);
    ds_bundle_clear(&all);
}

void bench_make(struct bench *b, int learned)
{
    memset(b, 0, sizeof *b);
    snprintf(b->folder, sizeof b->folder, "/tmp/driftscope-viewer-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    for (int run = 0; run < 2; run++) {
        memcpy(b->run[run], b->folder, sizeof b->folder);
        strcat(b->run[run], run ? "/b" : "/a");
        assert_int_equal(mkdir(b->run[run], 0700), 0);
        bench_write(b, run, learned, 0);
    }
}

void settle(struct ds_viewer *v)
{
    struct ds_task t;

    for (int i = 0; i < 100 && ds_viewer_next(v, &t); i++) {
        ds_task_run(&t);
        ds_viewer_take(v, &t);
    }
    assert_int_equal(ds_sight_renew(v), 0);
    assert_int_equal(ds_order_renew(v), 0);
}

void bench_open(struct bench *b, int runs, const char *at)
{
    const struct ds_viewer_want want = {
        .address = {b->run[0], b->run[1]}, .runs = runs, .at = at, .session = ""};
    struct ds_err err = {0};

    assert_int_equal(ds_viewer_new(&b->v, &want, &err), 0);
    settle(b->v);
}

void bench_close(struct bench *b)
{
    ds_viewer_free(b->v);
    b->v = NULL;
}

void bench_remove(struct bench *b)
{
    char path[160];

    bench_close(b);
    for (int run = 0; run < 2; run++) {
        snprintf(path, sizeof path, "%s/run.h5", b->run[run]);
        unlink(path);
        rmdir(b->run[run]);
    }
    rmdir(b->folder);
}

const char *field(struct ds_viewer *v, const char *key)
{
    static char text[4][4300];
    static int turn;

    turn = (turn + 1) % 4;
    assert_true(ds_trace_value(v, key, text[turn], sizeof text[turn]));
    return text[turn];
}

struct ds_screen *screen_of(int w, int h)
{
    struct ds_screen *s;
    struct ds_err err = {0};

    if (ds_screen_new(&s, "", &err) || ds_screen_size(s, w, h, 1, &err))
        fail_msg("%s", err.text);
    return s;
}

void draw(struct ds_screen *s, struct ds_viewer *v)
{
    settle(v);
    ds_screen_frame(s, v); /* it may show what wants more numbers: heads of a layer */
    settle(v);
    ds_screen_frame(s, v);
    ds_screen_frame(s, v); /* drawing may scroll: the second time it must be at rest */
    assert_false(ds_screen_frame(s, v));
}

struct ds_widget *part(struct ds_viewer *v, const char *id)
{
    struct ds_widget *w = ds_widgets_find(&v->widgets, id);

    if (!w)
        fail_msg("there is no '%s' on the screen", id);
    return w;
}

void click(struct ds_screen *s, struct ds_viewer *v, const char *id, bool shift)
{
    const struct ds_box b = part(v, id)->box;
    const double x = b.x + b.w / 2, y = b.y + b.h / 2;

    ds_viewer_press(v, x, y, shift, 1);
    ds_viewer_release(v, x, y);
    draw(s, v);
}
