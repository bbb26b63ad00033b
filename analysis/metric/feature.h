/* analysis/metric/feature.h -- how far the representation moved. Public header.
 *
 * x[n][dx] and y[n][dy] are features of the same n inputs, before and after. All sums run in
 * double. Nothing is allocated: scratch is lent, its size in doubles from the function beside.
 * A function that returns text returns NULL when the value exists, else why it does not, and
 * the value is NAN. */
#ifndef DS_ANALYSIS_METRIC_FEATURE_H
#define DS_ANALYSIS_METRIC_FEATURE_H

#include <stddef.h>

/* 1 - x_i.y_i / (|x_i| |y_i|) of every image, out[n]; NAN where one of them is 0. Exactly 0
 * where they are equal. */
void ds_feature_cosine(double *out, const float *x, const float *y, int n, int d);

/* |mean of y - mean of x| of every class, out[classes]; NAN for a class without images.
 * Labels outside 0 .. classes-1 are left out. */
void ds_class_shift(double *out, const float *x, const float *y, const int *label, int n, int d,
                    int classes, double *scratch);
size_t ds_class_shift_scratch(int d);

/* Linear centred kernel alignment (Kornblith 2019): with K = X X^T, L = Y Y^T of centred
 * columns
 *
 *     biased     sum K_ij L_ij / sqrt(sum K_ij^2 sum L_ij^2) = |Y^T X|^2 / (|X^T X| |Y^T Y|)
 *     debiased   HSIC1(K, L) / sqrt(HSIC1(K, K) HSIC1(L, L)), K~ without its diagonal:
 *                HSIC1 = [tr K~L~ + sum K~ sum L~ / ((n-1)(n-2)) - 2 1'K~L~1 / (n-2)]
 *                        / (n (n-3))                                        (Nguyen 2020)
 *
 * Biased lies in [0, 1] and is large for few images of many features whatever they are;
 * debiased is not, and may be negative. Identical x and y: 1. n^2 (dx + dy) operations; no n x
 * n matrix is formed. Biased needs n >= 2, debiased n >= 4. */
const char *ds_cka_biased(double *value, const float *x, const float *y, int n, int dx, int dy,
                          double *scratch);
const char *ds_cka_debiased(double *value, const float *x, const float *y, int n, int dx,
                            int dy, double *scratch);
size_t ds_cka_scratch(int n, int dx, int dy);

/* The same over minibatches, for more images than fit:
 *
 *     sum_b HSIC1(K_b, L_b) / sqrt(sum_b HSIC1(K_b, K_b) sum_b HSIC1(L_b, L_b))
 *
 * Start from zero, add batches of at least 4 images (smaller ones are counted as skipped). */
struct ds_cka_sum {
    double kl, kk, ll;
    int batches, skipped; /* batches */
};

void ds_cka_add(struct ds_cka_sum *s, const float *x, const float *y, int n, int dx, int dy,
                double *scratch);
const char *ds_cka_value(double *value, const struct ds_cka_sum *s);

/* Orthogonal Procrustes distance (Ding 2021): with centred columns and |X| = |Y| = 1
 *
 *     |X|^2 + |Y|^2 - 2 |X^T Y|_* = 2 - 2 sum of the singular values of X^T Y,  in [0, 2]
 *
 * the squared distance left after the best rotation. About 2 n dx dy + 3 d^3 operations. */
const char *ds_procrustes(double *value, const float *x, const float *y, int n, int dx, int dy,
                          double *scratch);
size_t ds_procrustes_scratch(int n, int dx, int dy);

#endif
