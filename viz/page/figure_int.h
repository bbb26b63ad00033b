/* viz/page/figure_int.h -- a row of the figure table; for viz/page and its tests. */
#ifndef DS_VIZ_PAGE_FIGURE_INT_H
#define DS_VIZ_PAGE_FIGURE_INT_H

#include "analysis/drift/drift.h"
#include "viz/page/canvas.h"
#include "viz/page/cmap.h"
#include "viz/page/figure.h"

struct ds_job {
    const struct ds_study *study;
    const struct ds_figure_opt *opt;
    struct ds_theme theme;
    struct ds_cmap cmap;
    char note[2048]; /* prepare writes the convention here: layer, source, metric, n */
    void *state;     /* whatever prepare computed */
    double lo, hi;   /* of the values; NAN: the figure's own */
    bool bar;        /* draw colour bars */
    bool letters;    /* panels inside have letters; not within a composite, which has its own */
    int until;       /* a film's frame: later checkpoints are not drawn; INT_MAX: all */
};

struct ds_figure {
    const char *key, *about;
    unsigned needs;
    bool wide;        /* takes the full width unless told otherwise */
    bool single;      /* one run, not several */
    bool moves;       /* honours job->until */
    const char *cmap; /* its own default */
    int (*prepare)(struct ds_job *job, struct ds_err *err);
    double (*height)(const struct ds_job *job, double width); /* points */
    int (*draw)(struct ds_canvas *c, struct ds_box box, const struct ds_job *job,
                struct ds_err *err);
    void (*clear)(struct ds_job *job);
    /* What job->lo and job->hi stand in for; NULL: nothing that panels could share. */
    void (*range)(const struct ds_job *job, double *lo, double *hi);
};

/* Options that every figure has become a job; then prepare it. Clear a job that was prepared,
 * successfully or not, with figure->clear. width: of the page, in points. */
int ds_job_open(struct ds_job *job, double *width, const struct ds_figure *f,
                const struct ds_study *study, const struct ds_figure_opt *opt,
                struct ds_err *err);

extern const struct ds_figure ds_fig_overlay_grid, ds_fig_drift_curve, ds_fig_drift_heatmap,
    ds_fig_acc_matrix, ds_fig_acc_curve, ds_fig_mask_steps, ds_fig_attention, ds_fig_ab_diff,
    ds_fig_layer_strip, ds_fig_head_matrix, ds_fig_forgetting_bars, ds_fig_drift_scatter,
    ds_fig_split_hist, ds_fig_mask_evolution, ds_fig_audit, ds_fig_bars, ds_fig_transplant_bars,
    ds_fig_decomposition_bars, ds_fig_composite;

/* Options read against a record. Layers and checkpoints come back 0-based / as they are. */
int ds_job_layer(int *layer, const struct ds_job *job, bool mean_allowed, struct ds_err *err);
int ds_job_metric(const struct ds_metric **m, const struct ds_job *job, struct ds_err *err);
int ds_job_reference(enum ds_reference *r, int *given, const struct ds_job *job,
                     struct ds_err *err);
/* "after its own task", "after the previous task", "the initial model", "after task 3". */
void ds_job_reference_text(char *to, size_t size, enum ds_reference r, int given);

/* What stands beside an axis: the user's own words, or the figure's. */
const char *ds_job_label(const char *own, const char *usual);

/* The images asked for, as indices into the record: by id, or `count` of them from the oldest
 * task on, its classes in turn. *n of them in at[room]. */
int ds_job_images(int *at, int *n, int room, int count, const struct ds_job *job,
                  struct ds_err *err);

/* Panels of equal size side by side, wrapped: how many columns for panels no narrower than
 * `least`. */
int ds_panel_columns(int panels, double width, double least);

/* "(a)" in bold and a title behind it, baseline at y, at the text or the tick size; cut with
 * an ellipsis beyond `width`. index -1: the title alone. Fits: at the text size. */
void ds_panel_letter(struct ds_canvas *c, double x, double y, double width, bool large,
                     int index, const char *title);
bool ds_panel_letter_fits(struct ds_canvas *c, double width, int index, const char *title);

/* Label of a group; with ", n = 3 seeds" behind it when it has several runs and other groups
 * have another number. */
void ds_group_label(char *to, size_t size, const struct ds_study *s, int group);

/* For notes: "; mean over 3 seeds" where every group has as many, "; mean over seeds" where
 * some have several, "" otherwise. */
void ds_seeds_text(char *to, size_t size, const struct ds_study *s);

/* "n = 1000 test images per task", "n = 90 to 120 ..." over all runs and learned tasks. */
void ds_tested_text(char *to, size_t size, const struct ds_study *s);

#endif
