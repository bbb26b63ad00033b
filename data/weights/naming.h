/* data/weights/naming.h -- what other libraries call the tensors of a ViT. Public header.
 *
 * The names inside driftscope are timm's (core/vit/shape.h). Every library's way of writing
 * the same network is a table: the name it uses, the name it becomes, how the dimensions are
 * reordered, and which third of qkv it fills where queries, keys and values are apart. A '#'
 * stands for the number of a block. Rules without a target say what is left behind, and why.
 *
 * A table is chosen by its anchor, the weights of the patch embedding: what stands in front
 * of the anchor in the file is the prefix of the whole network ("teacher.backbone."), so that
 * wrappers need no list of their own. Sources of the tables: share/doc/import.md. */
#ifndef DS_DATA_WEIGHTS_NAMING_H
#define DS_DATA_WEIGHTS_NAMING_H

#include <stdbool.h>
#include "core/vit/shape.h"

struct ds_naming_rule {
    const char *from;
    const char *to;    /* timm's name; NULL: left behind */
    const char *order; /* dimension i of the result is dimension order[i] - '0' of the file;
                          what the result has less is joined from the left. NULL: as it is */
    char third;        /* 'q', 'k', 'v': a third of qkv; 0: the whole tensor */
    const char *why;   /* of what is left behind */
};

/* What the family does where a file does not say it; the text says why that is assumed. */
struct ds_naming {
    const char *name;                   /* "timm", "Hugging Face ViT", ... */
    const char *anchor;                 /* weights of the patch embedding */
    const char *sibling;                /* must be there, too, or NULL */
    const struct ds_naming_rule *rules; /* end with from NULL */
    const struct ds_naming_rule *root;  /* of names beside the network, one prefix part up */
    double eps;
    enum ds_act act;
    const char *origin;       /* of the three values before: whose defaults they are */
    const double *mean, *std; /* [3] */
    const char *filter;       /* of resizing */
    double crop;              /* share of the short side that is kept; 0: resized exactly */
    bool shared;              /* DeiT, DINO, MAE use these names, too: ds_habit_imagenet */
};

/* How pictures are prepared where a family differs from the one whose names it shares. */
struct ds_naming_habit {
    const char *origin;
    const double *mean, *std;
    const char *filter;
    double crop;
};
extern const struct ds_naming_habit ds_habit_imagenet;

/* In the order of trial; ends with a row whose name is NULL. */
extern const struct ds_naming ds_namings[];

/* Whether `name` is `pattern`; *block is the last number that a '#' stood for, or -1. A '*' at
 * the end of a pattern stands for anything. */
bool ds_naming_match(const char *pattern, const char *name, int *block);

/* The first rule for that name, or NULL. */
const struct ds_naming_rule *ds_naming_lookup(const struct ds_naming_rule *rules,
                                              const char *name, int *block);

/* Why a file with tensors called like this is no ViT that driftscope runs, or NULL; `name` is
 * the name of one tensor. */
const char *ds_naming_refusal(const char *name);

#endif
