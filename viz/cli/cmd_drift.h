/* viz/cli/cmd_drift.h -- what the files of `drift` share. For viz/cli only. */
#ifndef DS_VIZ_CLI_CMD_DRIFT_H
#define DS_VIZ_CLI_CMD_DRIFT_H

#include "analysis/drift/drift_sheet.h"
#include "viz/cli/cmd_export_sheet.h"
#include "viz/cli/cmd_look.h"

struct ds_drift_opt {
    struct ds_sheet_opt sheet;
    char metric[128], layer[16], images[1024], labels[1024], noise[32], null[1024];
    int by, reference, what;
    bool list, unlearned, resample, link, cache;
    struct ds_look_opt look;
    struct ds_model_want model;
};

/* Words of --by and --reference, 0 is auto in both; of --what. */
enum { DS_DRIFT_AUTO };
enum { DS_DRIFT_MAPS, DS_DRIFT_FEATURES, DS_DRIFT_WEIGHTS };
extern const char *const ds_drift_bys[], *const ds_drift_references[];

/* "mean", "last", or 1 .. L as text -> -1 or 0 .. L-1. */
int ds_drift_layer(int *layer, const char *text, int layers, struct ds_err *err);

/* The title of a sheet by that. */
const char *ds_drift_title(enum ds_drift_by by);

/* Fills and delivers the sheet that is asked for: drift, or its link to forgetting. */
int ds_drift_deliver(const struct ds_drift_opt *o, const struct ds_drift_side *before,
                     const struct ds_drift_side *after, const struct ds_drift_sheet_want *want,
                     const struct ds_tone *tone, struct ds_err *err);

/* The pictures of --images, and a hash of them where somebody wants it. */
struct ds_drift_pictures {
    struct ds_gathered g;
    bool cache, hashed; /* runs keep what they saw */
    uint64_t hash;
};

/* One network and what it saw. */
struct ds_drift_seen {
    const char *name;
    struct ds_model m;
    struct ds_labels labels;
    struct ds_look look;
    struct ds_look_want want;
    struct ds_record shown; /* borrowed from look */
    int *truth;             /* class of the network that each folder means, or NULL */
    char about[512];
    char run[1024]; /* whose checkpoint it is, or "" */
};

/* cmd_drift_seen.c: pictures; open, look at the pictures, close (any state). */
int ds_drift_pictures_open(struct ds_drift_pictures *p, const struct ds_drift_opt *o,
                           struct ds_err *err);
int ds_drift_seen_open(struct ds_drift_seen *s, const char *name, const struct ds_drift_opt *o,
                       const struct ds_gathered *g, const struct ds_tone *tone,
                       struct ds_err *err);
int ds_drift_seen_look(struct ds_drift_seen *s, struct ds_drift_pictures *p,
                       const struct ds_tone *tone, struct ds_err *err);
/* Another wish of the same network. label: words for the progress. */
int ds_drift_look_at(struct ds_look *l, const struct ds_drift_seen *s,
                     const struct ds_look_want *w, struct ds_drift_pictures *p,
                     const char *label, const struct ds_tone *tone, struct ds_err *err);
void ds_drift_seen_close(struct ds_drift_seen *s);

/* Whether the maps of b can lie on those of a, or be moved there; and the same pictures of
 * both, on a's grid. */
int ds_drift_seen_check(const struct ds_drift_seen *a, const struct ds_drift_seen *b,
                        const struct ds_drift_opt *o, struct ds_err *err);
int ds_drift_seen_match(struct ds_drift_seen *a, struct ds_drift_seen *b, struct ds_err *err);

/* cmd_drift_look.c: two networks of any kind on pictures: maps or features. */
int ds_drift_duo(const struct ds_drift_opt *o, char **operand, const struct ds_tone *tone,
                 struct ds_err *err);

/* What a sheet says about looks; a's pictures must be final. given: pictures there were. */
struct ds_drift_words {
    struct ds_drift_looks looks;
    char map[200], moved[1200];
};
void ds_drift_words_of(struct ds_drift_words *w, const struct ds_drift_seen *a,
                       const struct ds_drift_seen *b, const struct ds_drift_opt *o, int given);

/* cmd_drift_timeline.c: every checkpoint of a run on pictures. */
int ds_drift_timeline(const struct ds_drift_opt *o, const char *run, const struct ds_tone *tone,
                      struct ds_err *err);

/* cmd_drift_null.c: what --noise and --null ask for, as looks of a. */
struct ds_drift_floor {
    struct ds_drift_null null;
    struct ds_drift_seen other; /* --null */
    struct ds_look *draw;       /* [draws] --noise */
    struct ds_record *record;
    int draws;
    char text[1200];
};
int ds_drift_floor_open(struct ds_drift_floor *f, struct ds_drift_seen *a,
                        const struct ds_drift_opt *o, struct ds_drift_pictures *p,
                        const struct ds_tone *tone, struct ds_err *err);
/* After the pictures of a are final. */
int ds_drift_floor_match(struct ds_drift_floor *f, struct ds_drift_seen *a, struct ds_err *err);
void ds_drift_floor_close(struct ds_drift_floor *f);

/* cmd_drift_weights.c */
int ds_drift_weights(const struct ds_drift_opt *o, char **operand, const struct ds_tone *tone,
                     struct ds_err *err);

#endif
