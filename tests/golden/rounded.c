/* tests/golden/rounded.c -- what is asked of a network in bf16.
 *
 * Operands of its products have 8 bits, so a tensor is compared as a vector: the length of the
 * difference over the length of what is expected. Tolerances are twice the worst that the
 * folders show. Bits of masks, quotients of gradients, discarding rollouts and weights behind
 * Adam jump where what they are made of moves a little: that is compared, they are not. */
#include "tests/golden/conformance.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *prefix;
    double tolerance;
} asked[] = {
    {"fwd.", 0.02},      {"grad.", 0.06},     {"mgrad.", 0.04},    {"kgrad.", 0.04},
    {"roll.raw", 0.025}, {"roll.maps", 0.02}, {"roll.full", 0.02}, {"mask.maps", 0.02},
};

void conf_compare_rounded(struct conformance *c, const struct ds_array *mine)
{
    const struct ds_array *want = ds_bundle_lookup(&c->want, mine->name);
    const float *a = mine->data, *b = want->data;
    double off = 0, size = 0;
    size_t rule = 0;

    while (rule < sizeof asked / sizeof *asked &&
           strncmp(mine->name, asked[rule].prefix, strlen(asked[rule].prefix)) != 0)
        rule++;
    if (mine->type != DS_F32 || rule == sizeof asked / sizeof *asked)
        return;
    for (int64_t i = 0; i < ds_array_count(mine); i++) {
        off += pow((double)a[i] - (double)b[i], 2);
        size += (double)b[i] * (double)b[i];
    }
    conf_report(c, mine->name, off == 0 ? 0 : sqrt(off / size), asked[rule].tolerance);
}
