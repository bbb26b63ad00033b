/* data/source/pcg64.c -- the random generator NumPy calls PCG64. See the header. */
#include "data/source/pcg64_int.h"

#include <assert.h>

enum { POOL = 4, WORDS = 8 };

/* SeedSequence's hash: every call multiplies the constant on, so no two calls are alike. */
static uint32_t hash(uint32_t value, uint32_t *constant, uint32_t multiplier)
{
    value ^= *constant;
    *constant *= multiplier;
    value *= *constant;
    return value ^ (value >> 16);
}

static uint32_t mix(uint32_t x, uint32_t y)
{
    const uint32_t r = 0xca01f9ddu * x - 0x4973f715u * y;

    return r ^ (r >> 16);
}

/* SeedSequence(seed).generate_state(8): 32-bit words. */
static void spread(uint32_t out[WORDS], uint64_t seed)
{
    uint32_t pool[POOL] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t a = 0x43b0d7e5u, b = 0x8b51f9ddu;

    for (int i = 0; i < POOL; i++)
        pool[i] = hash(pool[i], &a, 0x931e8875u);
    for (int from = 0; from < POOL; from++)
        for (int to = 0; to < POOL; to++)
            if (from != to)
                pool[to] = mix(pool[to], hash(pool[from], &a, 0x931e8875u));
    for (int i = 0; i < WORDS; i++)
        out[i] = hash(pool[i % POOL], &b, 0x58f38dedu);
}

static void step(struct ds_pcg64 *g)
{
    const ds_uint128 multiplier = (ds_uint128)0x2360ED051FC65DA4u << 64 | 0x4385DF649FCCF645u;

    g->state = g->state * multiplier + g->increment;
}

/* Four words, the first pair on top; in each pair the low word comes first. */
static ds_uint128 wide(const uint32_t w[4])
{
    const uint64_t high = (uint64_t)w[1] << 32 | w[0], low = (uint64_t)w[3] << 32 | w[2];

    return (ds_uint128)high << 64 | low;
}

void ds_pcg64_init(struct ds_pcg64 *g, uint64_t seed)
{
    uint32_t words[WORDS];

    spread(words, seed);
    *g = (struct ds_pcg64){.increment = wide(words + 4) << 1 | 1};
    step(g);
    g->state += wide(words);
    step(g);
}

uint64_t ds_pcg64_next(struct ds_pcg64 *g)
{
    uint64_t bits;
    unsigned turn;

    step(g);
    bits = (uint64_t)(g->state >> 64) ^ (uint64_t)g->state;
    turn = (unsigned)(g->state >> 122);
    return bits >> turn | bits << (-turn & 63);
}

uint32_t ds_pcg64_next32(struct ds_pcg64 *g)
{
    uint64_t bits;

    if (g->has_high) {
        g->has_high = false;
        return g->high;
    }
    bits = ds_pcg64_next(g);
    g->high = (uint32_t)(bits >> 32);
    g->has_high = true;
    return (uint32_t)bits;
}

uint32_t ds_pcg64_upto(struct ds_pcg64 *g, uint32_t last)
{
    uint32_t mask = last, value;

    assert(last); /* for 0 NumPy draws nothing */
    for (unsigned shift = 1; shift < 32; shift *= 2)
        mask |= mask >> shift;
    do
        value = ds_pcg64_next32(g) & mask;
    while (value > last);
    return value;
}
