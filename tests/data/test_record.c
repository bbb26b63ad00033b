/* tests/data/test_record.c -- run.h5: what is saved is loaded, what does not fit is refused. */
#define _GNU_SOURCE
#include "store_help.h"

#include <hdf5.h>
#include <math.h>

#include "data/store/h5.h"
#include "data/store/half.h"
#include "data/store/record.h"

enum { T = 3, K = 5, N = 4, B = 2, L = 2, GRID_H = 2, GRID_W = 3, P = 6, TOKENS = 7 };

static float noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(*seed >> 8) / 16777216.0f - 0.5f;
}

/* A record of odd sizes after `done` checkpoints, filled with values without structure. */
static void fill(struct ds_record *r, int done, int retain)
{
    static const char *const names[K] = {"Ankle boot", "T-shirt", "", "\xc3\x9c", "e"};
    uint32_t seed = 5;
    struct ds_err err;

    *r = (struct ds_record){.method = "arcl",
                            .uuid = "u-1",
                            .version = "0.1",
                            .seed = -7,
                            .command = "driftscope train --seed -7",
                            .created = "2026-01-01T00:00:00Z",
                            .tasks = T,
                            .classes = K,
                            .layers = L,
                            .heads = 2,
                            .tokens = TOKENS,
                            .prefix = 1,
                            .patches = P,
                            .grid_h = GRID_H,
                            .grid_w = GRID_W,
                            .patch = 4,
                            .images = N,
                            .channels = 1,
                            .height = 8,
                            .width = 12,
                            .probe = B};
    assert_good(ds_record_alloc(r, &err), &err);
    r->config = strdup(
        "# comment\n[train]\nepochs = 5\nrate=1e-3\n\ndata = fashion-mnist\r\nrange = 1-2\n"
        "[retain]\npreset = adaptive\nloose line\n");
    r->done = done;
    for (int k = 0; k < K; k++) {
        r->class_name[k] = strdup(names[k]);
        r->class_task[k] = k * T / K;
        r->class_label[k] = K - 1 - k;
    }
    for (int i = 0; i < N * 8 * 12 * 3; i++)
        r->pixels[i] = (uint8_t)(i * 37);
    for (int i = 0; i < N; i++) {
        r->label[i] = i;
        r->task[i] = r->class_task[i];
        r->id[i] = 1000000007L * i;
    }
    for (int i = 0; i < done * N * L * P; i++)
        r->rollout[i] = noise(&seed);
    for (int i = 0; i < done * N * L; i++)
        r->split[i] = noise(&seed);
    for (int i = 0; i < done * B * L * TOKENS * TOKENS; i++)
        r->attention[i] = ds_float_from_half(ds_half_from_float(noise(&seed)));
    for (int i = 0; i < done * N; i++) {
        r->predicted[i] = i % (K + 1) - 1;
        r->margin[i] = i % 3 ? noise(&seed) : NAN;
    }
    for (int j = 0; j < T; j++)
        r->total[j] = 100 + j;
    for (int i = 0; i < (done - 1) * T; i++) {
        r->correct_class[i] = i;
        r->correct_task[i] = 100 - i;
        r->correct_class_raw[i] = 2 * i;
        r->correct_task_raw[i] = 3 * i;
    }
    for (int s = 0; s < 1500; s++) /* passes the first room of the curves */
        assert_good(ds_record_step(r, noise(&seed), noise(&seed), s % T, s / T, &err), &err);
    for (int m = 0; m < done; m++) {
        r->seconds[m] = 1.25 * m;
        r->peak[m] = 4096.0 * (m + 1);
        r->saving[m] = 0.25 * (m + 1);
        snprintf(r->checkpoint[m], sizeof r->checkpoint[m], "task_%02d.h5", m);
    }
    if (!retain)
        return;
    assert_good(ds_record_retain(r, &err), &err);
    for (int i = 0; i < (done - 1) * L * P; i++)
        r->mask[i] = noise(&seed);
    for (int i = 0; i < (done - 1) * L * 3 * DS_AUDIT_COUNT; i++)
        r->audit[i] = noise(&seed);
}

#define SAME(field, n) assert_memory_equal(a->field, b->field, (size_t)(n) * sizeof *a->field)

static void same_record(const struct ds_record *a, const struct ds_record *b)
{
    const int m = a->done, t = m > 0 ? m - 1 : 0;

    assert_string_equal(a->method, b->method);
    assert_string_equal(a->uuid, b->uuid);
    assert_string_equal(a->version, b->version);
    assert_string_equal(a->command, b->command);
    assert_string_equal(a->created, b->created);
    assert_string_equal(a->config, b->config);
    assert_int_equal(a->seed, b->seed);
    assert_int_equal(a->channels, b->channels);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->done, b->done);
    assert_int_equal(a->steps, b->steps);
    assert_int_equal(a->probe, b->probe);
    for (int k = 0; k < K; k++)
        assert_string_equal(a->class_name[k], b->class_name[k]);
    SAME(class_task, K);
    SAME(class_label, K);
    SAME(pixels, N * 8 * 12 * 3);
    SAME(label, N);
    SAME(task, N);
    SAME(id, N);
    SAME(rollout, m * N * L * P);
    SAME(split, m * N * L);
    SAME(attention, m * B * L * TOKENS * TOKENS);
    SAME(predicted, (T + 1) * N); /* also what is not filled yet: -1 and NaN */
    SAME(margin, (T + 1) * N);
    SAME(correct_class, T * T);
    SAME(correct_task, T * T);
    SAME(correct_class_raw, T * T);
    SAME(correct_task_raw, T * T);
    SAME(total, T);
    SAME(loss, a->steps);
    SAME(rate, a->steps);
    SAME(step_task, a->steps);
    SAME(step_epoch, a->steps);
    SAME(seconds, T + 1);
    SAME(peak, T + 1);
    SAME(checkpoint, m);
    assert_int_equal(a->mask == NULL, b->mask == NULL);
    assert_int_equal(a->audit == NULL, b->audit == NULL);
    if (a->mask)
        SAME(mask, t * L * P);
    if (a->audit)
        SAME(audit, t * L * 3 * DS_AUDIT_COUNT);
}

static void what_is_saved_is_loaded(void **state)
{
    const char *path = in_folder("run.h5"), *again = in_folder("again.h5");
    static unsigned char x[1 << 20], y[1 << 20];
    struct ds_err err;

    (void)state;
    for (int done = 0; done <= T + 1; done++)
        for (int retain = 0; retain < 2; retain++) {
            struct ds_record r, s = {0};
            size_t n;

            fill(&r, done, retain);
            assert_good(ds_record_save(&r, path, &err), &err);
            assert_good(ds_record_load(&s, path, &err), &err);
            same_record(&r, &s);
            assert_good(ds_record_save(&s, again, &err), &err);
            n = read_file(path, x, sizeof x);
            assert_int_equal(read_file(again, y, sizeof y), n);
            assert_memory_equal(x, y, n);
            assert_good(ds_record_step(&s, 1, 1, 0, 0, &err), &err); /* a loaded one goes on */
            ds_record_clear(&r);
            ds_record_clear(&s);
        }
}

static void domains_have_names(void **state)
{
    const char *path = in_folder("domains.h5");
    struct ds_record r, s = {0};
    char word[32];
    struct ds_err err;

    (void)state;
    fill(&r, T + 1, 0);
    assert_false(ds_record_teaches(&r, T - 1, 0));
    r.domain_name = calloc(T, sizeof *r.domain_name);
    for (int t = 0; t < T; t++)
        assert_true(asprintf(&r.domain_name[t], "domain %d", t * 3) > 0);
    assert_good(ds_record_save(&r, path, &err), &err);
    assert_good(ds_record_load(&s, path, &err), &err);
    same_record(&r, &s);
    for (int t = 0; t < T; t++)
        assert_string_equal(s.domain_name[t], r.domain_name[t]);
    assert_true(ds_record_teaches(&s, T - 1, 0));
    assert_string_equal(ds_record_task(&s, 1, word, sizeof word), "domain 3");
    ds_record_clear(&r);
    ds_record_clear(&s);
    assert_null(s.domain_name);
    assert_string_equal(ds_record_task(&s, 1, word, sizeof word), "task 2");
}

/* Older runs did not say how much memory they held. */
static void what_is_later_may_lack(void **state)
{
    const char *path = in_folder("later.h5"), *older = in_folder("older.h5");
    static const double nothing[T + 1];
    struct ds_bundle b = {0};
    struct ds_array *peak;
    struct ds_record r, s = {0};
    struct ds_err err;

    (void)state;
    fill(&r, T + 1, 0);
    assert_good(ds_record_save(&r, path, &err), &err);
    assert_good(ds_bundle_load(&b, path, &err), &err);
    peak = ds_bundle_lookup(&b, "timeline/peak");
    assert_non_null(peak);
    memcpy(peak->name, "timeline/none", sizeof "timeline/none");
    assert_good(ds_bundle_save(&b, older, &err), &err);
    ds_bundle_clear(&b);
    assert_good(ds_record_load(&s, older, &err), &err);
    assert_memory_equal(s.peak, nothing, sizeof nothing);
    memcpy(s.peak, r.peak, sizeof nothing);
    same_record(&r, &s);
    ds_record_clear(&r);
    ds_record_clear(&s);
}

static void people_find_what_they_look_for(void **state)
{
    const char *path = in_folder("run.h5");
    struct ds_bundle b = {0};
    const struct ds_array *a;
    const float *fraction;
    struct ds_record r;
    struct ds_err err;

    (void)state;
    fill(&r, 3, 1);
    assert_good(ds_record_save(&r, path, &err), &err);
    assert_good(ds_bundle_load(&b, path, &err), &err);
    a = ds_bundle_lookup(&b, "attention/rollout");
    assert_string_equal(ds_array_label_of(a, 0), "checkpoint");
    assert_string_equal(ds_array_label_of(a, 3), "patch");
    assert_string_equal(ds_array_scale_of(a, 0), "timeline/checkpoint");
    assert_string_equal(ds_array_scale_of(a, 1), "images/id");
    assert_string_equal(ds_array_scale_of(a, 2), "attention/layer");
    assert_non_null(ds_note_lookup(&a->notes, "units"));
    assert_non_null(ds_note_lookup(&a->notes, "long_name"));
    assert_non_null(ds_note_lookup(&a->notes, "description"));
    a = ds_bundle_lookup(&b, "images/pixels");
    assert_string_equal(ds_note_lookup(&a->notes, "CLASS")->text, "IMAGE");
    assert_string_equal(ds_note_lookup(&a->notes, "IMAGE_SUBCLASS")->text, "IMAGE_TRUECOLOR");
    a = ds_bundle_need(&b, path, "accuracy/class_incremental", DS_F32, 2,
                       (const int64_t[]){2, T}, &err);
    fraction = a->data;
    assert_true(fraction[0] == 0.0f); /* 0 of 100 */
    assert_true(isnan(fraction[1]) && isnan(fraction[2]) && isnan(fraction[5]));
    assert_true(fraction[3] == 3.0f / 100.0f);
    assert_true(fraction[4] == 4.0f / 101.0f);
    assert_string_equal(ds_note_lookup(ds_bundle_notes_lookup(&b, ""), "default")->text,
                        "accuracy");
    assert_int_equal(ds_note_lookup(ds_bundle_notes_lookup(&b, "config"), "epochs")->whole, 5);
    assert_true(ds_note_lookup(ds_bundle_notes_lookup(&b, "config"), "rate")->real == 1e-3);
    assert_string_equal(ds_note_lookup(ds_bundle_notes_lookup(&b, "config"), "preset")->text,
                        "adaptive");
    assert_string_equal(ds_note_lookup(ds_bundle_notes_lookup(&b, "config"), "data")->text,
                        "fashion-mnist");
    assert_string_equal(ds_note_lookup(ds_bundle_notes_lookup(&b, "config"), "range")->text,
                        "1-2");
    assert_int_equal(ds_bundle_notes_lookup(&b, "config")->count, 5);
    ds_bundle_clear(&b);
    ds_record_clear(&r);
}

static void impossible_sizes_are_refused(void **state)
{
    struct ds_record r;
    struct ds_err err;

    (void)state;
    r = (struct ds_record){.tasks = T,
                           .classes = K,
                           .layers = L,
                           .heads = 2,
                           .tokens = TOKENS,
                           .prefix = 1,
                           .patches = P,
                           .grid_h = GRID_H,
                           .grid_w = GRID_W,
                           .patch = 4,
                           .images = N,
                           .channels = 1,
                           .height = 8,
                           .width = 12,
                           .probe = B};
    r.tasks = 0;
    assert_says(ds_record_alloc(&r, &err), DS_DATA, &err, "0 tasks, expected 1 to 1000");
    r.tasks = 1001;
    assert_says(ds_record_alloc(&r, &err), DS_DATA, &err, "1001 tasks, expected 1 to 1000");
    r.tasks = T;
    r.tokens = 8;
    assert_says(ds_record_alloc(&r, &err), DS_DATA, &err, "8 tokens, expected 7");
    r.tokens = TOKENS;
    r.grid_h = 3;
    assert_says(ds_record_alloc(&r, &err), DS_DATA, &err, "6 patches in a grid of 3 x 3");
    r.grid_h = GRID_H;
    r.probe = N + 1;
    assert_says(ds_record_alloc(&r, &err), DS_DATA, &err, "5 probe images, expected 0 to 4");
    r.probe = B;
    r.images = 1 << 20;
    r.height = r.width = 224;
    assert_says(ds_record_alloc(&r, &err), DS_DATA, &err, "needs more than 16 GiB of memory");
    r.height = r.width = 1;
    r.layers = 4096; /* more than can be counted in 64 bits */
    r.grid_h = r.grid_w = 4096;
    r.patches = 1 << 24;
    r.tokens = 1 + (1 << 24);
    r.tasks = 1000;
    assert_says(ds_record_alloc(&r, &err), DS_DATA, &err, "needs more than 16 GiB of memory");
    assert_null(r.pixels);
}

/* One thing that is changed in a good run.h5, which then is saved with a right checksum. */
enum change { NOTE, TEXT, SHORTEN, ELEMENT, REAL, FILE_NAME };

struct spoil {
    enum change change;
    const char *where, *key; /* group or array; key of the note, or the text */
    int64_t value;
    int at;
    const char *says;
};

/* Cuts the first dimension by one; its scales would not fit any more. */
static void shorten(struct ds_bundle *b, const char *name)
{
    struct ds_array *a = ds_bundle_lookup(b, name);

    a->dims[0]--;
    if (a->type == DS_STRING)
        free(((char **)a->data)[a->dims[0]]);
    for (int i = 0; i < b->count; i++)
        for (int d = 0; b->array[i].axis && d < b->array[i].rank; d++) {
            free(b->array[i].axis[d].scale);
            b->array[i].axis[d].scale = NULL;
        }
}

static void spoil(struct ds_bundle *b, const struct spoil *s)
{
    struct ds_array *a = ds_bundle_lookup(b, s->where);
    struct ds_err err;
    char **file;

    switch (s->change) {
    case NOTE:
        assert_good(ds_note_int(ds_bundle_notes(b, s->where, &err), s->key, s->value, &err),
                    &err);
        break;
    case TEXT:
        assert_good(ds_note_text(ds_bundle_notes(b, "", &err), s->where, s->key, &err), &err);
        break;
    case SHORTEN:
        shorten(b, s->where);
        break;
    case ELEMENT:
        ((int32_t *)a->data)[s->at] = (int32_t)s->value;
        break;
    case REAL:
        ((double *)a->data)[0] = s->value ? (double)s->value : NAN;
        break;
    case FILE_NAME:
        file = a->data;
        free(file[0]);
        file[0] = strdup(s->key);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    static const struct spoil row[] = {
        {NOTE, "", "format_major", 2, 0,
         "is a run of format 2.0, this driftscope reads up to 1.x"},
        {TEXT, "format", "driftscope-checkpoint", 0, 0, "is not the run.h5 of a run"},
        {TEXT, "uuid", "0123456789012345678901234567890123456789", 0, 0,
         "the note 'uuid' has 40 bytes, at most 39 are read"},
        {TEXT, "seed", "7", 0, 0, "has no seed"},
        {NOTE, "", "method", 7, 0, "the note 'method' is not text"},
        {NOTE, "classes", "tasks", 1000000, 0, "has 1000000 tasks, expected 1 to 1000"},
        {NOTE, "classes", "tasks", 2, 0, "has 4 filled checkpoints, expected 0 to 3"},
        {NOTE, "model", "layers", -1, 0, "the note 'layers' is -1"},
        {NOTE, "model", "prefix", INT32_MAX, 0, "prefix tokens, expected 0 to 4096"},
        {NOTE, "model", "layers", 3, 0,
         "4 x 4 x 2 x 6 float32 here, 4 x 4 x 3 x 6 float32 expected"},
        {NOTE, "model", "grid_w", 4, 0, "has 6 patches in a grid of 2 x 4"},
        {NOTE, "model", "tokens", 9, 0, "has 9 tokens, expected 7"},
        {NOTE, "images", "channels", 9, 0, "has 9 channels, expected 1 to 4"},
        {SHORTEN, "attention/rollout", NULL, 0, 0,
         "'attention/rollout' is 3 x 4 x 2 x 6 float32 here, 4 x 4 x 2 x 6 float32 expected"},
        {SHORTEN, "timeline/seconds", NULL, 0, 0, "here, 3 x"},
        {SHORTEN, "curves/rate", NULL, 0, 0,
         "'curves/rate' is 1499 float32 here, 1500 float32 expected"},
        {SHORTEN, "retention/mask", NULL, 0, 0,
         "'retention/mask' is 2 x 2 x 6 float32 here, 3 x 2 x 6 float32 expected"},
        {SHORTEN, "classes/name", NULL, 0, 0,
         "'classes/name' is 4 string here, 5 string expected"},
        {ELEMENT, "images/label", NULL, K, 1,
         "'images/label' has the value 5, expected 0 to 4"},
        {ELEMENT, "images/task", NULL, -1, 1,
         "'images/task' has the value -1, expected 0 to 2"},
        {ELEMENT, "images/predicted", NULL, -2, 1,
         "'images/predicted' has the value -2, expected -1 to 4"},
        {ELEMENT, "classes/task", NULL, T, 4,
         "'classes/task' has the value 3, expected 0 to 2"},
        {ELEMENT, "accuracy/correct_task_raw", NULL, 102, 4,
         "'accuracy/correct_task_raw' counts 102 images of task 2, which has 101"},
        {ELEMENT, "accuracy/correct_class", NULL, 102, 4, "'accuracy/correct_class' counts"},
        {ELEMENT, "accuracy/correct_task", NULL, 102, 4, "'accuracy/correct_task' counts"},
        {ELEMENT, "accuracy/correct_class_raw", NULL, 102, 4, "'accuracy/correct_class_raw'"},
        {ELEMENT, "accuracy/correct_class", NULL, -1, 0,
         "'accuracy/correct_class' has the value -1, expected 0 or more"},
        {REAL, "timeline/seconds", NULL, -1, 0, "has a time that is not positive"},
        {REAL, "timeline/seconds", NULL, 0, 0, "has a time that is not positive"},
        {REAL, "timeline/saving", NULL, -1, 0, "has a time that is not positive"},
        {REAL, "timeline/saving", NULL, 0, 0, "has a time that is not positive"},
        {REAL, "timeline/peak", NULL, -1, 0, "has a size that is not positive"},
        {REAL, "timeline/peak", NULL, 0, 0, "has a size that is not positive"},
        {FILE_NAME, "timeline/file", "../../etc/passwd", 0, 0,
         "has a text that is no file name"},
        {FILE_NAME, "timeline/file", "..", 0, 0, "has a text that is no file name"},
        {FILE_NAME, "timeline/file", "a/b", 0, 0, "has a text that is no file name"},
        {FILE_NAME, "timeline/file",
         "a file name that is longer than any file name of ours ever will be, by much", 0, 0,
         "has a text that is no file name"},
    };
    const char *path = in_folder("run.h5"), *bad = in_folder("bad.h5");
    struct ds_record r;
    struct ds_err err;

    (void)state;
    fill(&r, T + 1, 1);
    assert_good(ds_record_save(&r, path, &err), &err);
    ds_record_clear(&r);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct ds_bundle b = {0};

        assert_good(ds_bundle_load(&b, path, &err), &err);
        spoil(&b, &row[i]);
        assert_good(ds_bundle_save(&b, bad, &err), &err);
        ds_bundle_clear(&b);
        assert_says(ds_record_load(&r, bad, &err), DS_DATA, &err, row[i].says);
        assert_non_null(strstr(err.text, "bad.h5"));
        assert_null(r.config);
        assert_null(r.pixels);
    }
    assert_says(ds_record_load(&r, in_folder("none.h5"), &err), DS_NOINPUT, &err, "none.h5: ");
}

static int finish(void **state)
{
    H5close();
    return remove_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_saved_is_loaded),
        cmocka_unit_test(domains_have_names),
        cmocka_unit_test(what_is_later_may_lack),
        cmocka_unit_test(people_find_what_they_look_for),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests_name("record", tests, make_folder, finish);
}
