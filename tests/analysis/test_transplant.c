/* tests/analysis/test_transplant.c -- attention of one network in another: laws, and the long
 * way round. */
#include "tests/analysis/twin.h"
#include "analysis/causal/transplant.h"

struct grafts {
    struct ds_graft *list;
    int count;
};

static struct grafts grafts_of(const struct ds_vit_shape *s, enum ds_graft_by by)
{
    bool layer[16], head[16];
    struct grafts g;
    struct ds_err err;

    memset(layer, true, sizeof layer);
    memset(head, true, sizeof head);
    assert_int_equal(
        ds_graft_list(&g.list, &g.count, by, layer, s->depth, head, s->heads, &err), 0);
    return g;
}

static void run(struct ds_transplant *r, const struct twin *t, const struct grafts *g,
                int threads, bool check)
{
    const struct ds_transplant_want want = {g->list, g->count, {true, true}, check, threads};
    struct ds_transplanting *k;
    struct ds_err err;
    int done = 0;

    assert_int_equal(ds_transplanting_open(&k, r, &t->m[0], &t->m[1], &t->shown, &want, &err),
                     0);
    while (done < t->shown.count)
        assert_int_equal(ds_transplanting_next(k, &done, &err), 0);
    ds_transplanting_close(k);
}

static bool equal(const struct ds_answers *a, const struct ds_answers *b)
{
    return !memcmp(a->margin[0], b->margin[0], TWIN_PICTURES * sizeof(float)) &&
           !memcmp(a->hit[0], b->hit[0], TWIN_PICTURES);
}

/* A network's own attention changes nothing, not a bit; and no loss has no recovery. */
static void into_itself(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    const struct grafts g = grafts_of(&s, DS_GRAFT_HEAD);
    struct ds_transplant r;
    struct ds_ratio ratio;
    struct ds_err err;
    struct twin t;
    double zero[TWIN_PICTURES] = {0};

    (void)state;
    twin_open(&t, &s, &s);
    twin_same(&t);
    twin_show(&t, true);
    run(&r, &t, &g, 2, true);
    assert_int_equal(g.count, 3 * 2 + 1);
    assert_true(equal(&r.base[0], &r.base[1]));
    for (int i = 0; i < g.count; i++)
        for (int d = 0; d < 2; d++)
            assert_true(equal(&r.mixed[d][i], &r.base[0]));
    assert_int_equal(r.restored, TWIN_PICTURES);
    assert_int_equal(
        ds_ratio_of(&ratio, zero, zero, TWIN_PICTURES, &(struct ds_stat_want){0}, &err), 0);
    assert_true(isnan(ratio.value));
    assert_string_equal(ratio.why, "the denominator is 0");
    ds_transplant_clear(&r);
    ds_graft_free(g.list, g.count);
    twin_close(&t);
}

/* Where only queries and keys differ, attention is the whole difference. */
static void attention_is_everything(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    const struct grafts g = grafts_of(&s, DS_GRAFT_CUMULATIVE);
    const size_t c = (size_t)s.dim;
    struct ds_transplant r;
    struct ds_ratio ratio;
    struct ds_err err;
    struct twin t;
    double above[TWIN_PICTURES], below[TWIN_PICTURES];

    (void)state;
    twin_open(&t, &s, &s);
    twin_same(&t);
    for (int l = 0; l < s.depth; l++)
        toy_fill(t.m[1].view.block[l][DS_QKV_W], 2 * c * c, 0, 0.7, "other");
    twin_show(&t, true);
    run(&r, &t, &g, 2, false);
    assert_int_equal(g.count, s.depth);
    assert_string_equal(g.list[0].label, "layer 1");
    assert_string_equal(g.list[1].label, "up to layer 2");
    assert_string_equal(g.list[2].label, "all layers");
    assert_false(equal(&r.base[0], &r.base[1]));
    assert_false(equal(&r.base[0], &r.mixed[DS_FORWARD][1]));
    assert_true(equal(&r.base[0], &r.mixed[DS_FORWARD][2]));
    assert_true(equal(&r.base[1], &r.mixed[DS_CONVERSE][2]));
    for (int i = 0; i < TWIN_PICTURES; i++) {
        const double was = (double)r.base[0].margin[0][i], is = (double)r.base[1].margin[0][i];

        above[i] = (double)r.mixed[DS_FORWARD][2].margin[0][i] - is;
        below[i] = was - is;
    }
    assert_int_equal(ds_ratio_of(&ratio, above, below, TWIN_PICTURES,
                                 &(struct ds_stat_want){DS_PERCENTILE, 200, 0.95, 1, 0}, &err),
                     0);
    assert_true(ratio.value == 1);
    ds_transplant_clear(&r);
    ds_graft_free(g.list, g.count);
    twin_close(&t);
}

/* The long way: the donor's attention kept whole, the host from its first layer, one picture at
 * a time through its own taps. */
struct donor {
    const struct ds_vit_work *work;
    const bool *on;
    int heads, layers, tokens;
};

static void overwrite(void *with, int layer, int image, int head, float *tile)
{
    const struct donor *d = with;
    const bool narrow = d->work->narrow && layer == d->layers - 1;
    const size_t size = (size_t)(narrow ? 1 : d->tokens) * (size_t)d->tokens;

    if (d->on[layer * d->heads + head])
        memcpy(tile,
               d->work->layer[layer].attn +
                   ((size_t)image * (size_t)d->heads + (size_t)head) * size,
               size * sizeof *tile);
}

static void open_work(struct ds_vit_work *work, struct ds_arena *arena, const struct ds_vit *v,
                      unsigned want)
{
    struct ds_err err;

    *arena = (struct ds_arena){0};
    ds_vit_work_take(work, v, TWIN_PICTURES, want, NULL, false, arena);
    assert_int_equal(ds_arena_reserve(arena, &err), 0);
    ds_vit_work_take(work, v, TWIN_PICTURES, want, NULL, false, arena);
}

static float margin_of(const float *z, int right, int classes)
{
    float other = -INFINITY;

    for (int k = 0; k < classes; k++)
        other = k != right && z[k] > other ? z[k] : other;
    return z[right] - other;
}

static void against_the_long_way(const struct ds_vit_shape *a, const struct ds_vit_shape *b)
{
    const struct grafts g = grafts_of(a, DS_GRAFT_HEAD);
    const size_t pixels = (size_t)(a->channels * a->height * a->width);
    const unsigned full = ds_vit_narrow(a, 0) != ds_vit_narrow(b, 0) ? DS_WANT_FULL : 0;
    float *image[2] = {toy_new(TWIN_PICTURES * pixels, 1, "x"),
                       toy_new(TWIN_PICTURES * pixels, 1, "x")};
    struct ds_room room = {0};
    struct ds_vit_work work[2], host[2];
    struct ds_arena arena[4];
    struct ds_transplant r;
    struct ds_err err;
    struct twin t;
    double worst = 0;

    twin_open(&t, a, b);
    twin_show(&t, true);
    run(&r, &t, &g, 1, false);
    for (int i = 0; i < TWIN_PICTURES; i++) {
        uint8_t bytes[512];
        float *const to[2] = {image[0] + (size_t)i * pixels, image[1] + (size_t)i * pixels};

        assert_int_equal(ds_shown_read(&t.shown, i, to, bytes, &room, &err), 0);
    }
    for (int side = 0; side < 2; side++) {
        open_work(&work[side], &arena[side], &t.m[side].vit, full | DS_WANT_ATTENTION);
        open_work(&host[side], &arena[2 + side], &t.m[side].vit, full);
        ds_vit_forward(&t.m[side].vit, &t.m[side].view, &work[side], image[side], TWIN_PICTURES,
                       NULL);
    }
    for (int d = 0; d < 2; d++)
        for (int i = 0; i < g.count; i++) {
            const int side = d == DS_FORWARD;
            struct donor donor = {&work[1 - side], g.list[i].on, a->heads, a->depth,
                                  ds_tokens(a)};
            const struct ds_vit_taps taps = {.attn = {.with = &donor, .attention = overwrite}};

            ds_vit_forward(&t.m[side].vit, &t.m[side].view, &host[side], image[side],
                           TWIN_PICTURES, &taps);
            ds_logits_forward(&t.m[side].vit, &t.m[side].view, &host[side]);
            for (int p = 0; p < TWIN_PICTURES; p++) {
                const double is = (double)r.mixed[d][i].margin[0][p];
                const float want =
                    margin_of(host[side].logits + p * a->classes, t.class_of[p], a->classes);

                worst = fmax(worst, fabs(is - (double)want));
                assert_int_equal(r.mixed[d][i].hit[0][p], want > 0);
            }
        }
    print_message("%d grafts both ways: margins within %.2g of the long way\n", g.count, worst);
    assert_true(worst < 1e-5);
    for (int i = 0; i < 4; i++)
        ds_arena_clear(&arena[i]);
    free(image[0]);
    free(image[1]);
    ds_transplant_clear(&r);
    ds_graft_free(g.list, g.count);
    twin_close(&t);
}

static void the_long_way(void **state)
{
    struct ds_vit_shape a = toy_shape(), b = toy_shape();

    (void)state;
    against_the_long_way(&a, &b);
    b.pool_mean = b.fc_norm = true; /* reads all rows of the last block, where S reads one */
    against_the_long_way(&a, &b);
    b = a;
    b.dim = 14; /* another width is no obstacle: attention has none */
    b.layer_scale = true;
    against_the_long_way(&a, &b);
}

/* S with T's attention, seen from the other side. */
static void both_ways(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    const struct grafts g = grafts_of(&s, DS_GRAFT_LAYER);
    struct ds_transplant r, back;
    struct ds_model swap;
    struct twin t;

    (void)state;
    twin_open(&t, &s, &s);
    twin_show(&t, true);
    run(&r, &t, &g, 1, true);
    assert_int_equal(r.restored, TWIN_PICTURES);
    swap = t.m[0];
    t.m[0] = t.m[1];
    t.m[1] = swap;
    run(&back, &t, &g, 1, true);
    assert_int_equal(back.restored, TWIN_PICTURES);
    for (int i = 0; i < g.count; i++) {
        assert_true(equal(&r.mixed[DS_FORWARD][i], &back.mixed[DS_CONVERSE][i]));
        assert_true(equal(&r.mixed[DS_CONVERSE][i], &back.mixed[DS_FORWARD][i]));
    }
    ds_transplant_clear(&r);
    ds_transplant_clear(&back);
    ds_graft_free(g.list, g.count);
    twin_close(&t);
}

static void threads_do_not_matter(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    const struct grafts g = grafts_of(&s, DS_GRAFT_HEAD);
    struct ds_transplant one, many;
    struct twin t;

    (void)state;
    twin_open(&t, &s, &s);
    twin_show(&t, true);
    run(&one, &t, &g, 1, false);
    for (int threads = 2; threads <= 8; threads += 3) {
        run(&many, &t, &g, threads, false);
        for (int i = 0; i < g.count; i++)
            for (int d = 0; d < 2; d++)
                assert_true(equal(&one.mixed[d][i], &many.mixed[d][i]));
        ds_transplant_clear(&many);
    }
    ds_transplant_clear(&one);
    ds_graft_free(g.list, g.count);
    twin_close(&t);
}

/* Without labels S is right by definition. */
static void agreement(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    const struct grafts g = grafts_of(&s, DS_GRAFT_ALL);
    struct ds_transplant r;
    struct twin t;
    int hits = 0;

    (void)state;
    twin_open(&t, &s, &s);
    twin_show(&t, false);
    run(&r, &t, &g, 2, false);
    assert_false(r.tasks);
    for (int i = 0; i < TWIN_PICTURES; i++) {
        assert_int_equal(r.base[0].hit[0][i], 1);
        assert_true(r.base[0].margin[0][i] >= 0);
        hits += r.base[1].hit[0][i];
    }
    assert_true(hits < TWIN_PICTURES);
    ds_transplant_clear(&r);
    ds_graft_free(g.list, g.count);
    twin_close(&t);
}

/* Among the classes of a task: the table has both ways to ask, and its numbers are the counts.
 */
static void tasks_in_the_sheet(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    const struct grafts g = grafts_of(&s, DS_GRAFT_ALL);
    struct ds_sheet sheet;
    struct ds_transplant r;
    struct ds_err err;
    struct twin t;
    int choice[2][5] = {{0, 1, 2, 3, 4}, {0, 1, 2, 3, 4}}, first[3] = {0, 2, 5};
    char *name[2] = {(char *)"task 1", (char *)"task 2"};
    struct ds_shown shown;
    double hits = 0, margins = 0;

    (void)state;
    twin_open(&t, &s, &s);
    twin_show(&t, true);
    shown = t.shown; /* the same pictures, in two tasks */
    t.shown.first_choice = first;
    t.shown.choice[0] = choice[0];
    t.shown.choice[1] = choice[1];
    t.shown.groups = 2;
    t.shown.group_name = name;
    for (int i = 0; i < TWIN_PICTURES; i++)
        t.shown.group[i] = t.class_of[i] >= 2;
    run(&r, &t, &g, 1, false);
    assert_true(r.tasks);
    for (int i = 0; i < TWIN_PICTURES; i++) {
        hits += r.base[1].hit[DS_TASK_INCREMENTAL][i];
        margins += (double)r.base[1].margin[DS_TASK_INCREMENTAL][i];
        assert_true(r.base[1].margin[1][i] >= r.base[1].margin[0][i]); /* fewer rivals */
    }
    ds_sheet_begin(&sheet, "transplant", "");
    assert_int_equal(ds_transplant_sheet(
                         &sheet, &r,
                         &(struct ds_transplant_sheet_want){.s = "old",
                                                            .t = "new",
                                                            .graft = g.list,
                                                            .shown = &t.shown,
                                                            .by_group = true,
                                                            .stat = {DS_BCA, 100, 0.95, 1, 0}},
                         &err),
                     0);
    assert_int_equal(ds_sheet_rows(&sheet),
                     3 * 2 * 4); /* all, two tasks; two ways; four rows */
    assert_string_equal(ds_sheet_cell(&sheet, 5, 1)->text, "T");
    assert_string_equal(ds_sheet_cell(&sheet, 5, 2)->text, "task-incremental");
    assert_true(fabs(ds_sheet_cell(&sheet, 5, 5)->real - hits / TWIN_PICTURES) < 1e-12);
    assert_true(fabs(ds_sheet_cell(&sheet, 5, 11)->real - margins / TWIN_PICTURES) < 1e-12);
    ds_sheet_clear(&sheet);
    ds_transplant_clear(&r);
    ds_graft_free(g.list, g.count);
    t.shown = shown;
    twin_close(&t);
}

static void refused(const struct ds_vit_shape *b, bool labels, bool check, const char *words)
{
    const struct ds_vit_shape s = toy_shape();
    const struct grafts g = grafts_of(&s, DS_GRAFT_ALL);
    const struct ds_transplant_want want = {g.list, g.count, {true, true}, check, 1};
    struct ds_transplanting *k;
    struct ds_transplant r;
    struct ds_err err = {0};
    struct twin t;

    twin_open(&t, &s, b);
    if (ds_shown_memory(&t.shown, t.bytes, TWIN_PICTURES, labels ? t.class_of : NULL, &t.m[0],
                        &t.m[1], &err) == 0)
        ds_transplanting_open(&k, &r, &t.m[0], &t.m[1], &t.shown, &want, &err);
    assert_int_equal(err.code, DS_DATA);
    if (!strstr(err.text, words))
        fail_msg("'%s' is not in '%s'", words, err.text);
    ds_graft_free(g.list, g.count);
    twin_close(&t);
}

static void refusals(void **state)
{
    struct ds_vit_shape s = toy_shape();

    (void)state;
    s.depth = 2;
    refused(&s, true, false,
            "old has 3 layers, new has 2: attention of one means nothing in the other");
    s = toy_shape();
    s.heads = 5;
    refused(&s, true, false, "old has 2 heads, new has 5");
    s = toy_shape();
    s.registers = 2;
    refused(&s, true, false, "old has 1 prefix tokens, new has 3");
    s = toy_shape();
    s.cls = false;
    s.registers = 1;
    s.pool_mean = true;
    refused(&s, true, false, "old and new differ in their prefix tokens");
    s = toy_shape();
    s.patch = 1;
    refused(&s, true, false,
            "old has 3 rows of patches, new has 9: attention of one means "
            "nothing in the other; --image-size brings both to one grid");
    s = toy_shape();
    s.height = 12;
    refused(&s, true, false, "new: reads 2 x 12 x 6, the pictures are 2 x 9 x 6");
    s = toy_shape();
    s.classes = 0;
    refused(&s, true, false, "new: has no head, so it gives no answers");
    s = toy_shape();
    s.classes = 4;
    refused(&s, false, false,
            "old answers with 5 classes, new with 4, and nothing says which "
            "are the same; pictures in class folders and --labels would");
    s = toy_shape();
    s.dim = 14;
    refused(&s, true, true, "old has 10 channels of width, new has 14");
}

/* Pictures of folders are grey or colour; the toy reads two channels. */
static void no_such_pictures(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    const struct ds_gathered none = {0};
    struct ds_err err = {0};
    struct twin t;

    (void)state;
    twin_open(&t, &s, &s);
    assert_int_equal(ds_shown_folder(&t.shown, &none, 0, &t.m[0], &t.m[1], NULL, NULL, &err),
                     DS_DATA);
    assert_string_equal(err.text, "old: reads 2 channels, pictures have 1 or 3");
    twin_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(into_itself),        cmocka_unit_test(attention_is_everything),
        cmocka_unit_test(the_long_way),       cmocka_unit_test(both_ways),
        cmocka_unit_test(agreement),          cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(tasks_in_the_sheet), cmocka_unit_test(refusals),
        cmocka_unit_test(no_such_pictures),
    };

    ds_blas_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
