/* core/ops/gemm_amx.c -- the bf16 kernel on AMX tiles and AVX-512. See gemm_bf16.h.
 *
 * A block of C is 2 x 2 tiles, because eight tile registers hold four of C, two of A and two of
 * B: every tile loaded is used twice. Converting costs as much as a fifth of the product, so
 * that rows go through one vcvtne2ps2bf16 per 32 numbers, and what lies the other way round is
 * turned as 16 x 16 pairs in registers. */
#include "core/ops/gemm_bf16.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#include "core/ops/turn.h"

#define AMX        __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16,amx-tile,amx-bf16")))
#define AMX_INLINE AMX static inline __attribute__((always_inline))

/* The layout of LDTILECFG: palette 1, then bytes per row and rows of each register. */
struct config {
    uint8_t palette, start, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
};

AMX_INLINE void tiles_begin(void)
{
    struct config all = {.palette = 1};

    for (int t = 0; t < 8; t++) {
        all.bytes[t] = 64;
        all.rows[t] = DS_TILE_SIDE;
    }
    __asm__ volatile("ldtilecfg %0" : : "m"(all));
}

AMX_INLINE __mmask16 first(int count)
{
    const int few = count < 0 ? 0 : count < 16 ? count : 16;

    return (__mmask16)((1u << few) - 1);
}

/* 32 numbers of a row. */
AMX_INLINE __m512i along(const float *x, int count, __m512 factor)
{
    const __m512 low = _mm512_mul_ps(factor, _mm512_maskz_loadu_ps(first(count), x));
    const __m512 high = _mm512_mul_ps(factor, _mm512_maskz_loadu_ps(first(count - 16), x + 16));

    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/* 16 pairs: a number of this row and the one below it. */
AMX_INLINE __m512i across(const float *x, size_t ld, int rows, int count, __m512 factor)
{
    const __m512i pairs =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7,
                         22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    const __m512 this = _mm512_maskz_loadu_ps(first(count), x);
    const __m512 below = _mm512_maskz_loadu_ps(rows > 1 ? first(count) : 0, x + ld);

    return _mm512_permutexvar_epi16(pairs,
                                    (__m512i)_mm512_cvtne2ps_pbh(_mm512_mul_ps(factor, below),
                                                                 _mm512_mul_ps(factor, this)));
}

/* One tile: 16 along the side, 32 of k; `turned` when it lies the other way round in memory
 * than in the tile. */
AMX_INLINE void tile(uint16_t *to, const float *x, size_t ld, int side, int k, float factor,
                     bool pairs, bool turned)
{
    const __m512 f = _mm512_set1_ps(factor);
    __m512i t[16];

    for (int i = 0; i < 16; i++)
        if (pairs)
            t[i] = 2 * i < k ? across(x + 2 * (size_t)i * ld, ld, k - 2 * i, side, f)
                             : _mm512_setzero_si512();
        else
            t[i] = i < side ? along(x + (size_t)i * ld, k, f) : _mm512_setzero_si512();
    if (turned)
        ds_turn(t);
    for (int i = 0; i < 16; i++)
        _mm512_store_si512(to + 32 * i, t[i]);
}

/* Along the rows of the source, whichever way they run: across panels every row is read once
 * from end to end. */
AMX_INLINE void pack(uint16_t *to, struct ds_strided s, int count, int k, bool pairs,
                     bool turned)
{
    const size_t panel = (size_t)ds_tiles(k, DS_TILE_DEEP) * DS_TILE;
    const size_t ld = pairs ? s.deep : s.side;
    const int sides = ds_tiles(count, DS_TILE_SIDE), deeps = ds_tiles(k, DS_TILE_DEEP);

    for (int t = 0; t < sides * deeps; t++) {
        const int side = pairs ? t % sides : t / deeps, deep = pairs ? t / sides : t % deeps;
        const int i = side * DS_TILE_SIDE, at = deep * DS_TILE_DEEP;
        const float *x = s.x + (size_t)i * s.side + (size_t)at * s.deep;
        uint16_t *into = to + (size_t)side * panel + (size_t)deep * DS_TILE;

        if (count - i >= DS_TILE_SIDE && k - at >= DS_TILE_DEEP)
            tile(into, x, ld, DS_TILE_SIDE, DS_TILE_DEEP, s.factor, pairs, turned);
        else
            tile(into, x, ld, count - i, k - at, s.factor, pairs, turned);
    }
}

AMX static void pack_left(uint16_t *to, struct ds_strided a, int count, int k)
{
    if (a.deep == 1)
        pack(to, a, count, k, false, false);
    else
        pack(to, a, count, k, true, true);
}

AMX static void pack_right(uint16_t *to, struct ds_strided b, int count, int k)
{
    if (b.deep == 1)
        pack(to, b, count, k, false, true);
    else
        pack(to, b, count, k, true, false);
}

/* A block at the edge, or with a factor, is summed beside C: [32][32], beta C to begin with. */
AMX_INLINE void fetch(float *sums, const float *c, size_t ldc, int m, int n, float beta)
{
    const __m512 b = _mm512_set1_ps(beta);

    for (int i = 0; i < m; i++, c += ldc, sums += 32)
        for (int j = 0; j < n; j += 16)
            _mm512_store_ps(sums + j,
                            _mm512_mul_ps(b, _mm512_maskz_loadu_ps(first(n - j), c + j)));
}

AMX_INLINE void leave(float *c, size_t ldc, const float *sums, int m, int n)
{
    for (int i = 0; i < m; i++, c += ldc, sums += 32)
        for (int j = 0; j < n; j += 16)
            _mm512_mask_storeu_ps(c + j, first(n - j), _mm512_load_ps(sums + j));
}

/* Rows x columns tiles of C, at most 2 x 2: registers 0-3 are C, 4 and 5 A, 6 and 7 B. */
AMX_INLINE void block(const struct ds_tile_job *w, float *c, const uint16_t *l,
                      const uint16_t *r, int m, int n, int rows, int columns)
{
    const bool whole = m >= 16 * rows && n >= 16 * columns && (w->beta == 0 || w->beta == 1);
    const size_t ld = whole ? w->ldc : 32, line = ld * sizeof *c;
    _Alignas(64) float sums[32 * 32];
    float *to = whole ? c : sums;

    m = m < 16 * rows ? m : 16 * rows;
    n = n < 16 * columns ? n : 16 * columns;
    if (w->beta != 0) {
        if (!whole)
            fetch(sums, c, w->ldc, m, n, w->beta);
        _tile_loadd(0, to, line);
        if (columns > 1)
            _tile_loadd(1, to + 16, line);
        if (rows > 1)
            _tile_loadd(2, to + 16 * ld, line);
        if (rows > 1 && columns > 1)
            _tile_loadd(3, to + 16 * ld + 16, line);
    } else {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    }
    for (int k = 0; k < w->tiles; k++, l += DS_TILE, r += DS_TILE) {
        _tile_loadd(4, l, 64);
        _tile_loadd(6, r, 64);
        if (rows > 1)
            _tile_loadd(5, l + w->l_step, 64);
        if (columns > 1)
            _tile_loadd(7, r + w->r_step, 64);
        _tile_dpbf16ps(0, 4, 6);
        if (columns > 1)
            _tile_dpbf16ps(1, 4, 7);
        if (rows > 1)
            _tile_dpbf16ps(2, 5, 6);
        if (rows > 1 && columns > 1)
            _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, to, line);
    if (columns > 1)
        _tile_stored(1, to + 16, line);
    if (rows > 1)
        _tile_stored(2, to + 16 * ld, line);
    if (rows > 1 && columns > 1)
        _tile_stored(3, to + 16 * ld + 16, line);
    if (!whole)
        leave(c, w->ldc, sums, m, n);
}

/* Down the rows first: the panels of B stay in the first cache, those of A in the second. */
AMX static void multiply(const struct ds_tile_job *w)
{
    tiles_begin();
    for (int j = 0; j < w->n; j += 32)
        for (int i = 0; i < w->m; i += 32) {
            float *c = w->c + (size_t)i * w->ldc + (size_t)j;
            const uint16_t *l = w->left + (size_t)(i / 16) * w->l_step;
            const uint16_t *r = w->right + (size_t)(j / 16) * w->r_step;
            const int m = w->m - i, n = w->n - j;

            if (m > 16 && n > 16)
                block(w, c, l, r, m, n, 2, 2);
            else if (m > 16)
                block(w, c, l, r, m, n, 2, 1);
            else if (n > 16)
                block(w, c, l, r, m, n, 1, 2);
            else
                block(w, c, l, r, m, n, 1, 1);
        }
    _tile_release();
}

const struct ds_bf16_kernel ds_bf16_amx = {"amx", pack_left, pack_right, multiply};
#endif
