/* analysis/causal/transplant.h -- one network with the attention of another frozen in. Public
 * header.
 *
 * Drift of attention and loss of accuracy come together; a transplant asks which causes which.
 * The host runs as it is, but in the chosen layers and heads its attention probabilities A are
 * replaced by the donor's for the same picture. Its values, MLPs, norms and head are its own:
 *
 *     forward    T with the attention of S:  recovery = (acc_mixed - acc_T) / (acc_S - acc_T)
 *     converse   S with the attention of T:  explained = (acc_S - acc_mixed) / (acc_S - acc_T)
 *
 * Recovery 1: what T lost, it lost by looking elsewhere. Recovery 0: looking as before does not
 * help it. The converse says how much of the loss the new attention alone brings about in a
 * network that is otherwise the old one. Neither is bounded by 0 and 1.
 *
 * Answers are the host's head's, among all classes it knows (class-incremental), and where the
 * pictures belong to tasks among the classes of the picture's task (task-incremental). The
 * margin, the logit of the true class minus the best other one, is the same question without
 * the threshold. S and T run once per piece of pictures; a transplant goes on from the tokens
 * that enter its lowest layer. Ref.: ablation by patching activations, e.g. Vig et al. 2020,
 * arXiv 2004.12265. */
#ifndef DS_ANALYSIS_CAUSAL_TRANSPLANT_H
#define DS_ANALYSIS_CAUSAL_TRANSPLANT_H

#include "analysis/drift/accuracy.h"
#include "analysis/causal/duo.h"
#include "analysis/stat/ratio.h"
#include "analysis/sheet/sheet.h"

enum ds_direction { DS_FORWARD, DS_CONVERSE };

/* Heads of layers that change places; a row of the result. */
struct ds_graft {
    char label[48];
    bool *on; /* [L][H] */
};

enum ds_graft_by {
    DS_GRAFT_LAYER,      /* each layer alone, then all together */
    DS_GRAFT_CUMULATIVE, /* the first, the first two ... of the layers */
    DS_GRAFT_HEAD,       /* each head of each layer alone, then all together */
    DS_GRAFT_ALL         /* all together */
};

/* Grafts of the chosen layers [L] and heads [H]. DS_NOMEM. */
int ds_graft_list(struct ds_graft **list, int *count, enum ds_graft_by by, const bool *layer,
                  int layers, const bool *head, int heads, struct ds_err *err);
void ds_graft_free(struct ds_graft *list, int count);

/* How all pictures were answered; index: enum ds_protocol. */
struct ds_answers {
    unsigned char *hit[2]; /* [count]; task-incremental is NULL without tasks */
    float *margin[2];      /* [count] NAN where there is no other class */
};

struct ds_transplant {
    int count, grafts;
    bool tasks;                  /* task-incremental answers exist */
    struct ds_answers base[2];   /* S and T as they are */
    struct ds_answers *mixed[2]; /* [grafts] by enum ds_direction, NULL: not asked for */
    int restored;                /* pictures whose check came out equal, bit for bit */
    void *memory;
};

struct ds_transplant_want {
    const struct ds_graft *graft; /* borrowed */
    int grafts;
    bool direction[2]; /* by enum ds_direction */
    bool check;        /* also S with the queries and keys of T, all attention from S: logits
                          must be those of S, bit for bit (see ds_transplant.restored) */
    int threads;
};

/* In steps, as ds_looking is. DS_DATA (networks that do not fit together, pictures), DS_USAGE,
 * DS_NOMEM. *r may be cleared in any state; everything borrowed must stay until close. */
struct ds_transplanting;
int ds_transplanting_open(struct ds_transplanting **out, struct ds_transplant *r,
                          const struct ds_model *s, const struct ds_model *t,
                          const struct ds_shown *shown, const struct ds_transplant_want *want,
                          struct ds_err *err);
int ds_transplanting_next(struct ds_transplanting *k, int *done, struct ds_err *err);
void ds_transplanting_close(struct ds_transplanting *k);
void ds_transplant_clear(struct ds_transplant *r);

/* Rows of the table: graft x direction x protocol (x group with by_group: pooled first).
 * Columns in share/doc/causal.md. */
struct ds_transplant_sheet_want {
    const char *s, *t; /* names */
    const struct ds_graft *graft;
    const struct ds_shown *shown;
    bool by_group;
    struct ds_stat_want stat;
};
int ds_transplant_sheet(struct ds_sheet *sheet, const struct ds_transplant *r,
                        const struct ds_transplant_sheet_want *want, struct ds_err *err);

#endif
