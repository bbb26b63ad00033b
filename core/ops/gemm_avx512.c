/* core/ops/gemm_avx512.c -- fp32 products in AVX-512. See the header.
 *
 *     C [i][j] = beta C [i][j] + sum over k of A [i][k] B [k][j]
 *
 * The smallest block of C is 14 rows x 2 vectors of 16: 28 sums, two vectors of B and one
 * number of A, repeated, fill 31 of 32 registers, and 16 loads feed 28 multiply-adds. Where m
 * is no multiple of 14, blocks of 13 or fewer rows share it evenly.
 *
 * k is cut so that 14 rows of A stay in the first cache while the columns of B run by. B is
 * packed 256 KB at a time, into panels of 32 columns, which stay in the second cache while all
 * rows of A pass; it is small enough that what comes from memory next can lie beside it. A is
 * read where it lies if k runs along its rows; else it is packed, too, 14 numbers of one k
 * beside each other, and B twice as much at a time, because every piece of B costs a packing
 * of A.
 *
 * What a core waits for is memory, not arithmetic: so while it multiplies a block it asks for
 * the lines of C that it will add to, and for a row of the next piece of B, a line in 16 steps
 * of k: asked for all at once, they are in the way of what is needed now. */
#include "core/ops/gemm_avx512.h"

#include "core/ops/simd.h"

enum {
    TALL = 14,
    WIDE = 32,
    LINE = 16,                  /* floats of a cache line, and of a vector */
    DEEP = 320,                 /* of k at once, at most */
    RIGHT = 65536,              /* elements of B packed at once where A is not packed */
    STRIP = 8 * TALL,           /* rows of A packed at once */
    LEFT = STRIP / TALL * LINE, /* times k: the room for them */
};

const size_t ds_gemm_avx512_scratch = 2 * RIGHT + LEFT * DEEP;

#if DS_HAS_VARIANTS
#include <immintrin.h>
#include "core/ops/turn.h"

#define AVX512        DS_TARGET_AVX512
#define AVX512_INLINE AVX512 DS_INLINE

bool ds_gemm_avx512_runs(void)
{
    return ds_cpu() >= DS_CPU_AVX512;
}

AVX512_INLINE __mmask16 first(int count)
{
    const int few = count < 0 ? 0 : count < LINE ? count : LINE;

    return (__mmask16)((1u << few) - 1);
}

/* One block: rows of A from `a` on, a panel of B, n columns of C. */
struct tile {
    float *c;
    size_t ldc;
    const float *a;
    size_t side, deep; /* distances in A along i and k */
    const float *b;
    int k, n;
    float beta;
    const float *ahead; /* k floats that are needed soon */
};

/* sums += A B over one k; r points to every third row, which addresses can count from. */
AVX512_INLINE void step(__m512 (*sum)[2], const float **r, const struct tile *t, const float *b,
                        int rows, int vectors)
{
    __m512 y[2];

#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) {
        y[v] = _mm512_load_ps(b + LINE * v);
        _mm_prefetch((const char *)(b + LINE * v + 8 * WIDE), _MM_HINT_T0);
    }
#pragma GCC unroll 14
    for (int i = 0; i < rows; i++) {
        const __m512 x = _mm512_set1_ps(r[i / 3][(size_t)(i % 3) * t->side]);

#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++)
            sum[i][v] = _mm512_fmadd_ps(x, y[v], sum[i][v]);
    }
#pragma GCC unroll 14
    for (int i = 0; i < rows; i += 3)
        r[i / 3] += t->deep;
}

AVX512_INLINE void leave(const struct tile *t, __m512 (*sum)[2], int rows, int vectors)
{
    const __mmask16 inside[2] = {first(t->n), first(t->n - LINE)};
    const __m512 beta = _mm512_set1_ps(t->beta);
    const bool fresh = t->beta == 0;

#pragma GCC unroll 14
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            float *c = t->c + (size_t)i * t->ldc + LINE * v;

            if (!fresh)
                sum[i][v] =
                    _mm512_fmadd_ps(beta, _mm512_maskz_loadu_ps(inside[v], c), sum[i][v]);
            _mm512_mask_storeu_ps(c, inside[v], sum[i][v]);
        }
}

AVX512_INLINE void block(const struct tile *t, int rows, int vectors)
{
    const float *r[TALL / 3 + 1], *b = t->b;
    __m512 sum[TALL][2];

#pragma GCC unroll 14
    for (int i = 0; i < rows; i++) {
        r[i / 3] = t->a + (size_t)(i - i % 3) * t->side;
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++)
            sum[i][v] = _mm512_setzero_ps();
    }
    for (int k = 0, row = 0; k < t->k; row++) {
        const int end = k + LINE < t->k ? k + LINE : t->k;

        _mm_prefetch((const char *)(t->ahead + k), _MM_HINT_T1);
        if (row < rows) {
            __builtin_prefetch(t->c + (size_t)row * t->ldc, 1);
            __builtin_prefetch(t->c + (size_t)row * t->ldc + LINE, 1);
        }
        for (; k < end; k++, b += WIDE)
            step(sum, r, t, b, rows, vectors);
    }
    leave(t, sum, rows, vectors);
}
#define BLOCK(rows)                                                                            \
    AVX512 static void block_##rows(const struct tile *t)                                      \
    {                                                                                          \
        if (t->n > LINE)                                                                       \
            block(t, rows, 2);                                                                 \
        else                                                                                   \
            block(t, rows, 1);                                                                 \
    }
BLOCK(1)
BLOCK(2)
BLOCK(3)
BLOCK(4)
BLOCK(5)
BLOCK(6)
BLOCK(7)
BLOCK(8)
BLOCK(9)
BLOCK(10)
BLOCK(11)
BLOCK(12)
BLOCK(13)
BLOCK(14)
static void (*const of_rows[TALL + 1])(const struct tile *) = {
    NULL,    block_1, block_2,  block_3,  block_4,  block_5,  block_6, block_7,
    block_8, block_9, block_10, block_11, block_12, block_13, block_14};

/* 16 columns of B over 16 of k, where k runs along rows. */
AVX512_INLINE void turned(float *to, const float *x, size_t ld, int columns, int k,
                          __m512 factor)
{
    union {
        __m512i bits[LINE];
        __m512 row[LINE];
    } t;

    for (int i = 0; i < LINE; i++)
        t.row[i] =
            i < columns
                ? _mm512_mul_ps(factor, _mm512_maskz_loadu_ps(first(k), x + (size_t)i * ld))
                : _mm512_setzero_ps();
    ds_turn(t.bits);
    for (int i = 0; i < LINE && i < k; i++)
        _mm512_store_ps(to + WIDE * i, t.row[i]);
}

AVX512 static void pack_rows(float *to, struct ds_strided b, int n, int k)
{
    const __m512 factor = _mm512_set1_ps(b.factor);

    for (int j = 0; j < n; j += LINE)
        for (int p = 0; p < k; p += LINE) {
            const float *x = b.x + (size_t)j * b.side + (size_t)p;
            float *into = to + (size_t)(j / WIDE * k + p) * WIDE + j % WIDE;

            if (n - j >= LINE && k - p >= LINE)
                turned(into, x, b.side, LINE, LINE, factor);
            else
                turned(into, x, b.side, n - j, k - p, factor);
        }
}

/* Across panels every row is read once from end to end. */
AVX512 static void pack_columns(float *to, struct ds_strided b, int n, int k)
{
    const __m512 factor = _mm512_set1_ps(b.factor);
    const __mmask16 inside[2] = {first(n % WIDE), first(n % WIDE - LINE)};
    const size_t panel = (size_t)k * WIDE;

    for (int p = 0; p < k; p++, b.x += b.deep, to += WIDE) {
        float *into = to;
        int j = 0;

        for (; j + WIDE <= n; j += WIDE, into += panel)
            for (int v = 0; v < WIDE; v += LINE)
                _mm512_store_ps(into + v, _mm512_mul_ps(factor, _mm512_loadu_ps(b.x + j + v)));
        for (int v = 0; j + v < n; v += LINE)
            _mm512_store_ps(
                into + v,
                _mm512_mul_ps(factor, _mm512_maskz_loadu_ps(inside[v / LINE], b.x + j + v)));
    }
}

/* m rows in so few panels that each has at most 14, and as equal as can be. */
struct panels {
    int count, low, higher; /* the first `higher` have one row more */
};

static struct panels panels_of(int m)
{
    const int count = (m + TALL - 1) / TALL;

    return (struct panels){count, m / count, m % count};
}

/* A, of which k runs down columns: panels of [k][16], rows of the panel beside each other. */
AVX512 static void pack_left(float *to, struct ds_strided a, struct panels of, int k)
{
    const __mmask16 low = first(of.low), high = first(of.low + 1);
    const size_t panel = (size_t)k * LINE;

    for (int p = 0; p < k; p++, a.x += a.deep, to += LINE) {
        const float *x = a.x;
        float *into = to;
        int i = 0;

        for (; i < of.higher; i++, into += panel, x += of.low + 1)
            _mm512_store_ps(into, _mm512_maskz_loadu_ps(high, x));
        for (; i < of.count; i++, into += panel, x += of.low)
            _mm512_store_ps(into, _mm512_maskz_loadu_ps(low, x));
    }
}

/* What is asked for ahead: rows, ld floats apart, one a block. */
struct ahead {
    const float *x;
    size_t ld;
    int rows;
};

/* Rows of A, in panels `panel` floats apart (0: as they lie), times packed columns of B. */
static void multiply(struct tile t, size_t panel, struct panels of, struct ahead *ahead)
{
    const float *right = t.b;
    const int n = t.n;
    float *c = t.c;

    for (int i = 0; i < of.count; i++) {
        const int rows = of.low + (i < of.higher);

        for (int j = 0; j < n; j += WIDE) {
            t.c = c + j;
            t.b = right + (size_t)j * (size_t)t.k;
            t.n = n - j;
            t.ahead = ahead->x;
            if (ahead->rows-- > 0)
                ahead->x += ahead->ld;
            of_rows[rows](&t);
        }
        c += (size_t)rows * t.ldc;
        t.a += panel ? panel : (size_t)rows * t.side;
    }
}

void ds_gemm_avx512(float *scratch, float *c, int ldc, struct ds_strided a, struct ds_strided b,
                    int m, int n, int k, float beta)
{
    const bool pack = a.deep != 1 && n > 2 * WIDE; /* with fewer it does not pay */
    const int cuts = (k + DEEP - 1) / DEEP, room = pack ? 2 * RIGHT : RIGHT;
    const int strip = pack ? STRIP : m;
    float *right = scratch, *left = scratch + 2 * RIGHT;

    b.factor = a.factor;
    for (int cut = 0; cut < cuts; cut++, beta = 1) {
        const int at = (int)((long)k * cut / cuts), next = (int)((long)k * (cut + 1) / cuts);
        const int deep = next - at, wide = room / deep / WIDE * WIDE;

        for (int j = 0; j < n; j += wide) {
            const int few = n - j < wide ? n - j : wide;
            const struct ds_strided then = j + wide < n
                                               ? ds_strided_from(b, j + wide, at)
                                               : ds_strided_from(b, 0, next < k ? next : at);
            struct ahead ahead = {then.x, b.deep == 1 ? b.side : b.deep,
                                  b.deep == 1 ? few : deep};

            if (b.deep == 1)
                pack_rows(right, ds_strided_from(b, j, at), few, deep);
            else
                pack_columns(right, ds_strided_from(b, j, at), few, deep);
            for (int i = 0; i < m; i += strip) {
                const struct panels of = panels_of(m - i < strip ? m - i : strip);
                const struct ds_strided from = ds_strided_from(a, i, at);
                struct tile t = {.c = c + (size_t)i * (size_t)ldc + j,
                                 .ldc = (size_t)ldc,
                                 .a = from.x,
                                 .side = a.side,
                                 .deep = a.deep,
                                 .b = right,
                                 .k = deep,
                                 .n = few,
                                 .beta = beta};

                if (pack) {
                    pack_left(left, from, of, deep);
                    t.a = left, t.side = 1, t.deep = LINE;
                }
                multiply(t, pack ? (size_t)(LINE * deep) : 0, of, &ahead);
            }
        }
    }
}
#else
bool ds_gemm_avx512_runs(void)
{
    return false;
}

void ds_gemm_avx512(float *scratch, float *c, int ldc, struct ds_strided a, struct ds_strided b,
                    int m, int n, int k, float beta)
{
    (void)scratch, (void)c, (void)ldc, (void)a, (void)b, (void)m, (void)n, (void)k, (void)beta;
}
#endif
