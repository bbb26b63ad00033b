/* analysis/causal/decompose.h -- what moved the attention: queries, keys, or the tokens that
 * came in? Public header.
 *
 *     A(q, k, x) = softmax(D^-1/2 (y W_q^T + b_q) (y W_k^T + b_k)^T),   y = norm1(x)
 *
 * Each of the three can be that of S (old) or that of T (new): eight attentions per layer, head
 * and picture, from four queries and four keys. v(C) is the distance from the attention of S to
 * the one with the members of C new; the drift of a member is its Shapley value (Shapley 1953):
 *
 *     phi_i = sum over C without i of |C|! (2 - |C|)! / 3! (v(C + i) - v(C))
 *
 * the mean over all orders of renewing of what renewing i adds. The shares sum to v(all), the
 * drift itself; a share may be negative (renewing brought attention back). Tokens x are what
 * enters the block in each network, and norm1's own weights are counted with them: what the
 * projections see. Attention retention protects W_q and W_k only; this says how much of the
 * drift in a layer can be its business.
 *
 * Distances between rows of attention over all N tokens, prefix included (rows sum to 1), in
 * double; the scores are float as the network's. */
#ifndef DS_ANALYSIS_CAUSAL_DECOMPOSE_H
#define DS_ANALYSIS_CAUSAL_DECOMPOSE_H

#include "analysis/causal/duo.h"
#include "analysis/stat/ratio.h"
#include "analysis/sheet/sheet.h"

enum ds_moved_by {
    DS_BY_QUERY_WEIGHTS = 1, /* bits of a coalition */
    DS_BY_KEY_WEIGHTS = 2,
    DS_BY_TOKENS = 4
};
enum { DS_COALITIONS = 8, DS_MOVERS = 3 };

enum ds_row_distance {
    DS_ROW_TV,    /* sum |p - q| / 2 */
    DS_ROW_JS,    /* Jensen-Shannon divergence, bit */
    DS_ROW_RELFRO /* ||q - p|| / ||p||, of all rows together */
};

/* From v[DS_COALITIONS], v[0] = 0: the shares of query weights, key weights, tokens. */
void ds_shapley(double share[DS_MOVERS], const double v[DS_COALITIONS]);

/* Distance from rows p to rows q, [rows][n] each: the mean over rows, or of all together. */
double ds_row_distance(enum ds_row_distance d, const double *p, const double *q, int rows,
                       int n);

struct ds_decomposition {
    int count, layers, heads;
    bool all_rows; /* what was done: every query, or the CLS token's */
    double *share; /* [count][L][H][DS_MOVERS] */
    double *total; /* [count][L][H] v(all) */
};

struct ds_decompose_want {
    enum ds_row_distance distance;
    bool all_rows; /* every query, not the CLS token only; always so in networks without CLS */
    int threads;
};

/* In steps, as ds_transplanting. */
struct ds_decomposing;
int ds_decomposing_open(struct ds_decomposing **out, struct ds_decomposition *r,
                        const struct ds_model *s, const struct ds_model *t,
                        const struct ds_shown *shown, const struct ds_decompose_want *want,
                        struct ds_err *err);
int ds_decomposing_next(struct ds_decomposing *k, int *done, struct ds_err *err);
void ds_decomposing_close(struct ds_decomposing *k);
void ds_decomposition_clear(struct ds_decomposition *r);

/* One row per mover of every layer, head, task, or of all together. The chosen layers [L] and
 * heads [H] count; several are averaged per picture first. */
enum ds_decompose_by { DS_MOVED_LAYER, DS_MOVED_HEAD, DS_MOVED_GROUP, DS_MOVED_ALL };

struct ds_decompose_sheet_want {
    const char *s, *t; /* names */
    const struct ds_shown *shown;
    enum ds_decompose_by by;
    const bool *layer, *head;
    struct ds_decompose_want how;
    struct ds_stat_want stat;
};
int ds_decompose_sheet(struct ds_sheet *sheet, const struct ds_decomposition *r,
                       const struct ds_decompose_sheet_want *want, struct ds_err *err);

#endif
