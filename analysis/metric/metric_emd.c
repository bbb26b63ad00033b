/* analysis/metric/metric_emd.c -- the earth mover's distance on the patch grid, exactly.
 *
 *     min sum_ij f_ij |r_i - r_j|,  sum_j f_ij = p_i,  sum_i f_ij = q_j,  f >= 0
 *
 * Distances obey the triangle inequality, so mass that both maps hold need not move: what is
 * left is a transport from the patches that lose to those that gain (about half each), and the
 * matrix of costs is at most n^2 / 4. It is solved by the network simplex: a spanning tree of
 * arcs that carry the flow, hung from an artificial root; as long as some arc would be cheaper
 * than the way through the tree, it enters, and the first arc it empties leaves. Trees are kept
 * strongly feasible (the last of equal arcs leaves), so it cannot turn in circles (Cunningham
 * 1976; Ahuja, Magnanti, Orlin 1993, chapter 11).
 *
 * An arc counts as cheaper only beyond 1e-12 of the longest distance: that bounds the error,
 * and rounding cannot keep the loop alive. */
#include "analysis/metric/metric_int.h"

#include <math.h>

/* A node of the tree and the arc to its parent. */
struct node {
    int parent, depth;
    int child, next, previous; /* its first child; brothers; -1: none */
    int patch;
    bool up; /* the arc leads from the node to its parent */
    double flow, potential;
};

struct transport {
    struct node *node; /* sources, then sinks, then the root */
    double *cost;      /* [sources][sinks] */
    int sources, sinks, root;
    double far; /* the cost of an arc to the root: no way through it is worth while */
};

/* The cycle an entering arc closes: where it meets, and which arc it empties. */
struct cycle {
    int source, sink, join;
    int out; /* the node whose arc to its parent leaves */
    bool out_on_source_side;
    double delta;
};

size_t ds_emd_scratch(int n)
{
    const size_t m = (size_t)(n > 0 ? n : 1);

    return n > DS_EMD_MOST ? 0
                           : (m + 1) * sizeof(struct node) + (m * m / 4 + 1) * sizeof(double);
}

static void attach(struct transport *t, int child, int parent)
{
    struct node *c = t->node + child, *p = t->node + parent;

    c->parent = parent;
    c->previous = -1;
    c->next = p->child;
    if (p->child >= 0)
        t->node[p->child].previous = child;
    p->child = child;
}

static void detach(struct transport *t, int child)
{
    const struct node *c = t->node + child;

    if (c->previous >= 0)
        t->node[c->previous].next = c->next;
    else
        t->node[c->parent].child = c->next;
    if (c->next >= 0)
        t->node[c->next].previous = c->previous;
}

static void measure(struct transport *t, int width)
{
    double most = 0;

    for (int i = 0; i < t->sources; i++)
        for (int j = 0; j < t->sinks; j++) {
            const int a = t->node[i].patch, b = t->node[t->sources + j].patch;
            const int y = a / width - b / width, x = a % width - b % width;
            const double d = sqrt((double)(y * y + x * x));

            t->cost[i * t->sinks + j] = d;
            most = fmax(most, d);
        }
    t->far = most + 1;
}

/* Patches that lose, then those that gain; the root takes and gives everything at first. */
static void plant(struct transport *t, const double *p, const double *q, int n, double ps,
                  double qs)
{
    int nodes = 0;

    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < n; i++) {
            const double d = p[i] / ps - q[i] / qs;

            if (side == 0 ? d > 0 : d < 0)
                t->node[nodes++] = (struct node){
                    .depth = 1, .child = -1, .patch = i, .up = side == 0, .flow = fabs(d)};
        }
        if (side == 0)
            t->sources = nodes;
    }
    t->sinks = nodes - t->sources;
    t->root = nodes;
    t->node[t->root] = (struct node){.parent = -1, .child = -1, .next = -1, .previous = -1};
}

static void hang(struct transport *t)
{
    for (int i = 0; i < t->root; i++) {
        attach(t, i, t->root);
        t->node[i].potential = i < t->sources ? -t->far : t->far;
    }
}

/* The cheapest arc of the next row that has one beyond `least`, beginning at *row; false: the
 * tree is optimal. */
static bool entering(struct cycle *c, const struct transport *t, int *row, double least)
{
    const struct node *sink = t->node + t->sources;

    for (int tried = 0; tried < t->sources; tried++) {
        const double *cost = t->cost + *row * t->sinks;
        double best = INFINITY;
        int at = 0;

        for (int j = 0; j < t->sinks; j++)
            if (cost[j] - sink[j].potential < best) {
                best = cost[j] - sink[j].potential;
                at = j;
            }
        c->source = *row;
        c->sink = t->sources + at;
        *row = *row + 1 < t->sources ? *row + 1 : 0;
        if (best + t->node[c->source].potential < -least)
            return true;
    }
    return false;
}

/* Flow enters the cycle from its join down to the source, and returns up from the sink: arcs
 * against it are emptied. */
static void leaving(struct cycle *c, const struct transport *t)
{
    int a = c->source, b = c->sink;

    while (a != b) {
        const bool deeper = t->node[a].depth >= t->node[b].depth;

        if (deeper)
            a = t->node[a].parent;
        else
            b = t->node[b].parent;
    }
    c->join = a;
    c->delta = INFINITY;
    for (int u = c->source; u != c->join; u = t->node[u].parent)
        if (t->node[u].up && t->node[u].flow < c->delta) {
            c->delta = t->node[u].flow;
            c->out = u;
            c->out_on_source_side = true;
        }
    for (int u = c->sink; u != c->join; u = t->node[u].parent)
        if (!t->node[u].up && t->node[u].flow <= c->delta) {
            c->delta = t->node[u].flow;
            c->out = u;
            c->out_on_source_side = false;
        }
}

static void push(struct transport *t, const struct cycle *c)
{
    for (int u = c->source; u != c->join; u = t->node[u].parent)
        t->node[u].flow += t->node[u].up ? -c->delta : c->delta;
    for (int u = c->sink; u != c->join; u = t->node[u].parent)
        t->node[u].flow += t->node[u].up ? c->delta : -c->delta;
}

/* Turns the way from `at` up to `out` round, and hangs it from `parent`. */
static void rehang(struct transport *t, int at, int parent, int out, bool up, double flow)
{
    for (int last = -1; last != out;) {
        struct node *n = t->node + at;
        const struct node old = *n;

        detach(t, at);
        attach(t, at, parent);
        n->up = up;
        n->flow = flow;
        last = at;
        parent = at;
        at = old.parent;
        up = !old.up;
        flow = old.flow;
    }
}

/* Potentials and depths of everything below and including `top`. */
static void settle(struct transport *t, int top, double shift)
{
    int u = top;

    while (true) {
        struct node *n = t->node + u;

        n->potential += shift;
        n->depth = t->node[n->parent].depth + 1;
        if (n->child >= 0) {
            u = n->child;
            continue;
        }
        while (u != top && t->node[u].next < 0)
            u = t->node[u].parent;
        if (u == top)
            return;
        u = t->node[u].next;
    }
}

static void pivot(struct transport *t, struct cycle *c)
{
    const int source = c->source, sink = c->sink;
    const double reduced = t->cost[source * t->sinks + sink - t->sources] +
                           t->node[source].potential - t->node[sink].potential;

    leaving(c, t);
    push(t, c);
    if (c->out_on_source_side) {
        rehang(t, source, sink, c->out, true, c->delta);
        settle(t, source, -reduced);
    } else {
        rehang(t, sink, source, c->out, false, c->delta);
        settle(t, sink, reduced);
    }
}

static double total(const struct transport *t)
{
    double sum = 0;

    for (int u = 0; u < t->root; u++) {
        const struct node *n = t->node + u;
        const int source = u < t->sources ? u : n->parent,
                  sink = u < t->sources ? n->parent : u;

        if (n->parent == t->root)
            continue; /* rounding of the sums of p and q */
        sum += n->flow * t->cost[source * t->sinks + sink - t->sources];
    }
    return sum;
}

double ds_map_emd(const double *p, const double *q, int n, struct ds_metric_ctx *ctx)
{
    const double ps = ds_map_mass(p, n, ctx), qs = ds_map_mass(q, n, ctx);
    struct transport t = {.node = ctx->scratch};
    struct cycle c = {0};
    int row = 0;

    if (ctx->why)
        return NAN;
    if (n > DS_EMD_MOST)
        return ds_map_undefined(ctx, DS_UNDEFINED_LARGE);
    t.cost = (double *)(t.node + n + 1);
    plant(&t, p, q, n, ps, qs);
    if (t.sources == 0 || t.sinks == 0)
        return 0;
    measure(&t, ctx->width);
    hang(&t);
    for (int left = n * n + 10000; entering(&c, &t, &row, 1e-12 * t.far); left--) {
        if (left == 0)
            return ds_map_undefined(ctx, DS_UNDEFINED_STEPS);
        pivot(&t, &c);
    }
    return total(&t);
}
