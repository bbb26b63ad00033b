/* data/weights/facts.h -- what tensors cannot tell, and who told it. For this room only.
 *
 * Heads, epsilon, activation, input size, normalisation and recipe of a network are in no
 * tensor. They come, in this order, from the command line, from the file's own metadata, from
 * the configuration beside it, or they are assumed from the family; whoever knows first is
 * believed, and the card says who it was. */
#ifndef DS_DATA_WEIGHTS_FACTS_H
#define DS_DATA_WEIGHTS_FACTS_H

#include "core/base/err.h"
#include "data/store/bundle.h"

enum ds_fact_key {
    DS_FACT_HEADS,
    DS_FACT_EPS,
    DS_FACT_ACT,   /* enum ds_act */
    DS_FACT_SIZE,  /* height, width of the position embedding in the file */
    DS_FACT_POOL,  /* 0 the CLS token, 1 the mean of the patch tokens */
    DS_FACT_MEAN,
    DS_FACT_STD,
    DS_FACT_RECIPE,
    DS_FACT_DIM, /* only to see that the configuration is that of the file */
    DS_FACTS
};

struct ds_fact {
    int n; /* numbers known; 0: nobody said anything yet */
    double value[4];
    char text[120]; /* DS_FACT_RECIPE */
    char from[160]; /* "config.json: num_attention_heads", "--heads", "assumed: ..." */
};

struct ds_facts {
    struct ds_fact fact[DS_FACTS];
    char **class_name; /* [classes] from id2label, owned; NULL: unknown */
    int classes;
};

void ds_facts_clear(struct ds_facts *f);

/* Believed only if nobody spoke before. */
void ds_facts_number(struct ds_facts *f, enum ds_fact_key key, double value, const char *from);
void ds_facts_list(struct ds_facts *f, enum ds_fact_key key, const double *value, int n,
                   const char *from);
void ds_facts_text(struct ds_facts *f, enum ds_fact_key key, const char *text,
                   const char *from);

/* Notes that our own exports carry ("driftscope.heads" ...), see data/weights/export.c. */
int ds_facts_metadata(struct ds_facts *f, const struct ds_notes *meta, const char *file,
                      struct ds_err *err);

/* config.json and preprocessor_config.json beside `file`, or in it where it is a folder, of
 * Hugging Face or timm. Missing files are no failure; damaged ones are: DS_DATA, DS_IO. */
int ds_facts_config(struct ds_facts *f, const char *file, struct ds_err *err);

/* "0.5" or "0.49,0.48,0.45" into numbers; how many, 0 for anything else. */
int ds_facts_numbers(double *to, int most, const char *text);

/* "gelu", "quick_gelu", "gelu_new" ... into enum ds_act, or -1. */
int ds_facts_act(const char *word);

#endif
