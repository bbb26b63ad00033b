/* core/ops/mul.c -- products in the precision of the network. See the header.
 *
 * bf16: k is cut so that two panels of a block stay in the first cache, rows and columns so
 * that the packed operands stay in the second (2 MB on the machines that have tiles). */
#include "core/ops/mul.h"

#include "core/ops/cpu.h"
#include "core/ops/gemm.h"
#include "core/ops/gemm_avx512.h"
#include "core/ops/gemm_bf16.h"

enum {
    DEEP = 384,          /* of k at once; a multiple of 32 */
    LEFT = 256 * DEEP,   /* elements of A packed at once */
    RIGHT = 1024 * DEEP, /* of B */
};

static const struct ds_bf16_kernel *bf16_kernel(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (ds_cpu() == DS_CPU_AMX)
        return &ds_bf16_amx;
#endif
    return ds_cpu_plain() ? &ds_bf16_portable : NULL;
}

int ds_precision_check(enum ds_precision precision, struct ds_err *err)
{
    if (precision == DS_PRECISION_FP32 || bf16_kernel())
        return 0;
    return ds_fail(
        err, DS_UNAVAILABLE,
        "precision is bf16, which needs a processor with AMX tiles, and this one has "
        "%s at most; use --precision fp32",
        ds_cpu_name(ds_cpu()));
}

const char *ds_mul_name(enum ds_precision precision)
{
    const struct ds_bf16_kernel *kernel = bf16_kernel();

    if (precision == DS_PRECISION_FP32)
        return ds_gemm_avx512_runs() ? "avx512" : "library";
    return kernel ? kernel->name : "none";
}

void ds_mul_take(struct ds_mul *p, enum ds_precision precision, struct ds_arena *arena)
{
    *p = (struct ds_mul){0};
    if (precision == DS_PRECISION_BF16) {
        p->kernel = bf16_kernel();
        p->scratch = ds_arena_take(arena, (LEFT + RIGHT) * sizeof(uint16_t));
    } else if (ds_gemm_avx512_runs()) {
        p->scratch = ds_arena_floats(arena, ds_gemm_avx512_scratch);
    }
}

/* The largest multiple of 32 of rows, over `deep` of k, that fits in `room` elements. */
static int fitting(int room, int deep)
{
    return room / deep / 32 * 32;
}

/* B is packed whole when `packed` is given, else block by block. */
static void multiply_bf16(const struct ds_mul *p, float *c, int ldc, struct ds_strided a,
                          struct ds_strided b, const uint16_t *packed, int m, int n, int k,
                          float beta)
{
    uint16_t *left = p->scratch, *right = left + LEFT;
    const size_t whole = (size_t)ds_tiles(k, DS_TILE_DEEP) * DS_TILE;

    for (int at = 0; at < k; at += DEEP) {
        const int deep = k - at < DEEP ? k - at : DEEP, tiles = ds_tiles(deep, DS_TILE_DEEP);
        const int high = fitting(LEFT, tiles * DS_TILE_DEEP);
        const int wide = packed ? n : fitting(RIGHT, tiles * DS_TILE_DEEP);
        const size_t step = (size_t)tiles * DS_TILE;
        const uint16_t *r = packed ? packed + at / DS_TILE_DEEP * DS_TILE : right;

        for (int j = 0; j < n; j += wide) {
            const int few = n - j < wide ? n - j : wide;

            if (!packed)
                p->kernel->pack_right(right, ds_strided_from(b, j, at), few, deep);
            for (int i = 0; i < m; i += high) {
                const struct ds_tile_job job = {.c = c + (size_t)i * (size_t)ldc + (size_t)j,
                                                .ldc = (size_t)ldc,
                                                .left = left,
                                                .right = r,
                                                .l_step = step,
                                                .r_step = packed ? whole : step,
                                                .m = m - i < high ? m - i : high,
                                                .n = few,
                                                .tiles = tiles,
                                                .beta = at ? 1 : beta};

                p->kernel->pack_left(left, ds_strided_from(a, i, at), job.m, deep);
                p->kernel->multiply(&job);
            }
        }
    }
}

static void multiply(const struct ds_mul *p, float *c, int ldc, struct ds_strided a,
                     struct ds_strided b, const uint16_t *packed, int m, int n, int k,
                     float beta)
{
    if (p->kernel)
        multiply_bf16(p, c, ldc, a, b, packed, m, n, k, beta);
    else
        ds_gemm_avx512(p->scratch, c, ldc, a, b, m, n, k, beta);
}

void ds_mul_nt(const struct ds_mul *p, float *c, int ldc, const float *a, int lda,
               const float *b, int ldb, int m, int n, int k, float alpha, float beta)
{
    if (p->scratch)
        multiply(p, c, ldc, ds_along_rows(a, lda, alpha), ds_along_rows(b, ldb, 1), NULL, m, n,
                 k, beta);
    else
        ds_gemm_nt(c, ldc, a, lda, b, ldb, m, n, k, alpha, beta);
}

void ds_mul_nn(const struct ds_mul *p, float *c, int ldc, const float *a, int lda,
               const float *b, int ldb, int m, int n, int k, float alpha, float beta)
{
    if (p->scratch)
        multiply(p, c, ldc, ds_along_rows(a, lda, alpha), ds_down_columns(b, ldb, 1), NULL, m,
                 n, k, beta);
    else
        ds_gemm_nn(c, ldc, a, lda, b, ldb, m, n, k, alpha, beta);
}

void ds_mul_tn(const struct ds_mul *p, float *c, int ldc, const float *a, int lda,
               const float *b, int ldb, int m, int n, int k, float alpha, float beta)
{
    if (p->scratch)
        multiply(p, c, ldc, ds_down_columns(a, lda, alpha), ds_down_columns(b, ldb, 1), NULL, m,
                 n, k, beta);
    else
        ds_gemm_tn(c, ldc, a, lda, b, ldb, m, n, k, alpha, beta);
}

void ds_weight_nt(const struct ds_mul *p, float *y, int ldy, const float *x, int ldx,
                  struct ds_weight w, int m, int n, int k, float beta)
{
    if (p->scratch)
        multiply(p, y, ldy, ds_along_rows(x, ldx, 1), ds_along_rows(w.w, w.ld, 1), w.nt, m, n,
                 k, beta);
    else
        ds_gemm_nt(y, ldy, x, ldx, w.w, w.ld, m, n, k, 1, beta);
}

void ds_weight_nn(const struct ds_mul *p, float *y, int ldy, const float *x, int ldx,
                  struct ds_weight w, int m, int n, int k, float beta)
{
    if (p->scratch)
        multiply(p, y, ldy, ds_along_rows(x, ldx, 1), ds_down_columns(w.w, w.ld, 1), w.nn, m, n,
                 k, beta);
    else
        ds_gemm_nn(y, ldy, x, ldx, w.w, w.ld, m, n, k, 1, beta);
}

static int rounded_up(int count, int each)
{
    return ds_tiles(count, each) * each;
}

size_t ds_pack_size(int n, int k)
{
    return (size_t)rounded_up(n, DS_TILE_DEEP) * (size_t)rounded_up(k, DS_TILE_DEEP);
}

void ds_pack_weight(uint16_t *to, enum ds_pack kind, const float *w, int n, int k)
{
    const struct ds_bf16_kernel *by = bf16_kernel();

    if (kind == DS_PACK_NT)
        by->pack_right(to, ds_along_rows(w, k, 1), n, k);
    else
        by->pack_right(to, ds_down_columns(w, k, 1), k, n);
}
