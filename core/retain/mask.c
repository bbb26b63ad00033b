/* core/retain/mask.c -- from maps to what may still learn. See the header. */
#include "core/retain/mask.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"

struct masking {
    const float *maps;
    const int *label;
    int images, layers, patches;
    const struct ds_mask_rule *rule;
    double *split;     /* [images][L] */
    int *rank;         /* [images] place of an image within its class */
    int *member;       /* [images] images sorted by class, in order */
    int *first;        /* [classes + 1] into member */
    double *scratch;   /* [threads][size] */
    size_t scratch_size;
    float *window;     /* [threads][P] a shifted window, gathered */
};

/* The values whose split point serves image i, layer l: its own map, or the shifted window of
 * its class's flat array. */
static const float *window_of(const struct masking *m, int i, int l, float *gather)
{
    const size_t cells = (size_t)m->layers * (size_t)m->patches;
    const int *member = m->member + m->first[m->label[i]];

    if (m->rule->window == DS_WINDOW_SAMPLE)
        return m->maps + (size_t)i * cells + (size_t)l * (size_t)m->patches;
    for (int p = 0; p < m->patches; p++) {
        const size_t at =
            (size_t)m->rank[i] + (size_t)l * (size_t)m->patches + (size_t)p;

        gather[p] = m->maps[(size_t)member[at / cells] * cells + at % cells];
    }
    return gather;
}

static void split_image(void *with, int i, int worker)
{
    const struct masking *m = with;
    double *scratch = m->scratch + (size_t)worker * m->scratch_size;
    float *gather = m->window + (size_t)worker * (size_t)m->patches;

    for (int l = 0; l < m->layers; l++)
        m->split[(size_t)i * (size_t)m->layers + (size_t)l] =
            ds_split_point(window_of(m, i, l, gather), m->patches, m->rule->split, m->rule->eps,
                           NULL, scratch);
}

static void sort_by_class(struct masking *m, int classes)
{
    int *count = m->first;

    memset(count, 0, ((size_t)classes + 1) * sizeof *count);
    for (int i = 0; i < m->images; i++) {
        m->rank[i] = count[m->label[i] + 1]++;
    }
    for (int k = 0; k < classes; k++)
        count[k + 1] += count[k];
    for (int i = 0; i < m->images; i++)
        m->member[m->first[m->label[i]] + m->rank[i]] = i;
}

/* One image's binary mask of one layer, according to the region under test. */
static void binarise(uint8_t *mask, const float *map, double split, const struct masking *m,
                     int i, int l)
{
    const uint64_t stream = ds_rng_sub(ds_rng_stream(m->rule->seed, "random region"),
                                       (uint64_t)i * (uint64_t)m->layers + (uint64_t)l);

    for (int p = 0; p < m->patches; p++)
        mask[p] = map[p] <= split;
    if (m->rule->region == DS_REGION_NONATTENTION)
        for (int p = 0; p < m->patches; p++)
            mask[p] = !mask[p];
    for (int p = m->patches - 1; m->rule->region == DS_REGION_RANDOM && p > 0; p--) {
        const uint32_t q = ds_rng_below(stream, (uint64_t)p, (uint32_t)p + 1);
        const uint8_t swap = mask[p];

        mask[p] = mask[q];
        mask[q] = swap;
    }
}

/* Sums in image order: the same bits for any number of threads. */
static void average(float *soft, double *sum, uint8_t *mask, uint8_t *binary,
                    const struct masking *m, int classes)
{
    const size_t cells = (size_t)m->layers * (size_t)m->patches;
    int present = 0;

    assert(m->layers > 0 && m->patches > 0);
    memset(sum, 0, cells * sizeof *sum);
    for (int k = 0; k < classes; k++)
        present += m->first[k + 1] > m->first[k];
    for (int i = 0; i < m->images; i++) {
        const int k = m->label[i], members = m->first[k + 1] - m->first[k];
        const double weight = m->rule->reduce == DS_REDUCE_CLASS
                                  ? 1.0 / ((double)members * (double)present)
                                  : 1.0 / (double)m->images;

        for (int l = 0; l < m->layers; l++)
            binarise(mask + (size_t)l * (size_t)m->patches,
                     m->maps + (size_t)i * cells + (size_t)l * (size_t)m->patches,
                     m->split[(size_t)i * (size_t)m->layers + (size_t)l], m, i, l);
        for (size_t c = 0; c < cells; c++)
            sum[c] += weight * mask[c];
        if (binary)
            memcpy(binary + (size_t)i * cells, mask, cells);
    }
    for (size_t c = 0; c < cells; c++)
        soft[c] = (float)(sum[c] > 1 ? 1 : sum[c]);
}

int ds_mask_from_maps(float *soft, double *split, uint8_t *binary, const float *maps,
                      const int *label, int images, int classes, int layers, int patches,
                      const struct ds_mask_rule *rule, struct ds_pool *pool, struct ds_err *err)
{
    const size_t threads = (size_t)ds_pool_threads(pool);
    const size_t cells = (size_t)layers * (size_t)patches;
    struct masking m = {.maps = maps, .label = label, .images = images, .layers = layers,
                        .patches = patches, .rule = rule,
                        .scratch_size = ds_split_scratch(patches)};
    double *own = NULL, *sum = malloc(cells * sizeof *sum);
    uint8_t *mask = malloc(cells);
    int code = 0;

    m.split = split ? split : (own = malloc((size_t)images * (size_t)layers * sizeof *own));
    m.rank = malloc((size_t)images * sizeof *m.rank);
    m.member = malloc((size_t)images * sizeof *m.member);
    m.first = malloc(((size_t)classes + 1) * sizeof *m.first);
    m.scratch = malloc(threads * m.scratch_size * sizeof *m.scratch);
    m.window = malloc(threads * (size_t)patches * sizeof *m.window);
    if (!sum || !mask || !m.split || !m.rank || !m.member || !m.first || !m.scratch || !m.window) {
        code = ds_fail(err, DS_NOMEM, "out of memory for the masks of %d images", images);
        goto done;
    }
    sort_by_class(&m, classes);
    ds_pool_run(pool, &(struct ds_work){split_image, &m, images}, 1);
    average(soft, sum, mask, binary, &m, classes);
done:
    free(m.window);
    free(m.scratch);
    free(m.first);
    free(m.member);
    free(m.rank);
    free(own);
    free(mask);
    free(sum);
    return code;
}

void ds_mask_remember(struct ds_mask_memory *memory, const float *soft, int images, int cells,
                      enum ds_mask_reduce reduce, enum ds_mask_history history)
{
    const double weight = reduce == DS_REDUCE_SAMPLE ? images : 1;

    for (int c = 0; c < cells; c++) {
        memory->sum[c] += weight * (double)soft[c];
        if (history == DS_HISTORY_LAST || memory->tasks == 0)
            memory->soft[c] = soft[c];
        else if (history == DS_HISTORY_MIN)
            memory->soft[c] = soft[c] < memory->soft[c] ? soft[c] : memory->soft[c];
        else
            memory->soft[c] = (float)(memory->sum[c] / (memory->weight + weight));
    }
    memory->weight += weight;
    memory->tasks++;
}
