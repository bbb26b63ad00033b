/* viz/page/figure.h -- the table of figures. Public header.
 *
 * A figure is a row: what it is called, what it needs, and three functions. prepare computes
 * everything (numbers come from analysis/) and writes the convention line; height says how
 * tall it wants to be at a width; draw puts it into a box of any canvas, as often as asked.
 * A new figure is one file fig_*.c and one line in figure.c.
 *
 *     struct ds_figure_opt opt;              ds_opt_defaults(ds_figure_table, &opt, err)
 *     struct ds_study study;                 ds_study_init(&study, runs, n, "", err)
 *     ds_figure_render(&bytes, &n, &report, ds_figure_lookup("acc-matrix"), &study, &opt, err);
 */
#ifndef DS_VIZ_PAGE_FIGURE_H
#define DS_VIZ_PAGE_FIGURE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/err.h"
#include "core/base/opt.h"
#include "viz/page/study.h"

enum ds_head_choice { DS_HEAD_REFINED, DS_HEAD_RAW, DS_HEAD_BOTH };
enum ds_range_choice { DS_RANGE_AUTO, DS_RANGE_SHARED, DS_RANGE_OWN };
enum ds_band_choice { DS_BAND_CI, DS_BAND_SD, DS_BAND_NONE };
enum ds_by_choice { DS_PER_CLASS, DS_PER_TASK, DS_PER_IMAGE };

struct ds_figure_opt {
    /* page */
    char venue[24], font[64], cmap[16], title[160];
    double width, height; /* inches; 0: the venue's, the figure's own */
    bool column, full, note;
    int image_format;   /* 0: lossless, 1: JPEG */
    int dpi;
    /* content */
    char layer[16];     /* auto, last, mean, or 1-based */
    char images[256];   /* a count, or ids of the test set "12,407" */
    int after;          /* checkpoint; 0: each image's own task */
    char metric[24], reference[16];
    int protocol, head; /* enum ds_protocol, enum ds_head_choice */
    double clip;        /* percent cut off at both ends of a map's range */
    bool smooth, outline;
    char labels[512], xlabel[96], ylabel[96];
    int range, band, by;    /* enum ds_range_choice, ds_band_choice, ds_by_choice */
    char lo[32], hi[32];    /* the range of values; "": from the data */
    bool bar, hatch;        /* colour bars; hatching of what is not significant */
    double floor;           /* the noise floor of the metric */
    char show[24];          /* which quantity, where a figure has several */
    /* tables */
    char x[64], y[256], low[64], high[64], series[64], where[256];
    /* the command itself */
    char output[1024], spec[1024];
    bool frames, check, list;
};

/* Ends with a zero row; read by --help, spec files and the provenance. */
extern const struct ds_opt ds_figure_table[];

/* What a record must hold. */
enum ds_need {
    DS_NEED_MAPS = 1,     /* rollout of at least one learned task */
    DS_NEED_IMAGES = 2,   /* pixels */
    DS_NEED_ACCURACY = 4, /* counts */
    DS_NEED_MASK = 8,     /* the soft mask */
    DS_NEED_GRID = 16,    /* patches that form a grid */
    DS_NEED_LOOK = 32,    /* rollout of any checkpoint, the initial one too */
    DS_NEED_ANSWERS = 64, /* predictions and margins of the evaluation images */
    DS_NEED_AUDIT = 128,  /* what retention did to the gradients */
    DS_NEED_WEIGHTS = 256, /* checkpoints, and the data set, to compute what is not kept */
    DS_NEED_TABLE = 512,  /* a table file instead of runs */
    DS_NEED_SPEC = 1024   /* a spec file instead of runs */
};

struct ds_figure; /* a row of the table; drawing is declared in figure_int.h */

/* What a rendered figure can say about itself. */
struct ds_figure_report {
    double width, height;   /* inches */
    char font[64], wanted[64]; /* equal unless the venue's font is not installed */
    char cmap_note[160];    /* "" or a warning to print */
    char note[2048];         /* the convention line */
};

const struct ds_figure *ds_figure_lookup(const char *key);
/* Row i of the table, or NULL behind the last. */
const struct ds_figure *ds_figure_at(int i);
const char *ds_figure_key(const struct ds_figure *f);
const char *ds_figure_about(const struct ds_figure *f);
unsigned ds_figure_needs(const struct ds_figure *f); /* bits of enum ds_need */
bool ds_figure_single(const struct ds_figure *f);    /* draws one run only */
bool ds_figure_moves(const struct ds_figure *f);     /* has frames */
const char *ds_figure_nearest(const char *key); /* did you mean, or NULL */

/* The format follows from opt->output's ending. Bytes are fresh (free them). DS_USAGE, DS_DATA
 * (a record lacks what the figure needs), DS_NOMEM, DS_INTERNAL. */
int ds_figure_render(unsigned char **bytes, size_t *n, struct ds_figure_report *report,
                     const struct ds_figure *f, const struct ds_study *study,
                     const struct ds_figure_opt *opt, struct ds_err *err);

/* Frame `until` of a film over tasks: as above, but what comes after that task is not drawn yet,
 * while size, axes and ranges are those of the whole. */
int ds_figure_frame(unsigned char **bytes, size_t *n, struct ds_figure_report *report,
                    const struct ds_figure *f, const struct ds_study *study,
                    const struct ds_figure_opt *opt, int until, struct ds_err *err);

/* "driftscope figure TYPE RUN... --key value": the shortest line that draws it again. */
void ds_figure_command(char *to, size_t size, const struct ds_figure *f,
                       const struct ds_study *study, const struct ds_figure_opt *opt);

/* The page's provenance as JSON text (free it): figure, version, command, runs with uuid and
 * CRC, every option, the convention line, size, font. No clock, no host: same input, same
 * bytes. DS_NOMEM. */
int ds_figure_provenance(char **json, size_t *n, const struct ds_figure_report *report,
                         const struct ds_figure *f, const struct ds_study *study,
                         const struct ds_figure_opt *opt, struct ds_err *err);

#endif
