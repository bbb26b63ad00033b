/* data/weights/parts.h -- which tensor of a file is which part of a ViT. For this room only.
 *
 *     archive (names of the file) -> naming and prefix -> parts (timm's names)
 *
 * Every tensor under the prefix must be known: mapped, or left behind by a rule that says why.
 * An unknown one is a refusal, since nobody can tell what the network does with it. */
#ifndef DS_DATA_WEIGHTS_PARTS_H
#define DS_DATA_WEIGHTS_PARTS_H

#include "data/archive/archive.h"
#include "data/weights/naming.h"

/* One tensor that becomes (a third of) one of ours. */
struct ds_part_of {
    char name[64];           /* timm's */
    const char *original;    /* in the file, borrowed */
    struct ds_stored stored; /* with its dimensions already in our order */
    char third;
    int block; /* -1 outside */
};

struct ds_parts {
    const struct ds_naming *naming;
    char prefix[256]; /* stripped: "teacher.backbone." */
    char others[256]; /* another network in the same file that was not taken, or "" */
    struct ds_part_of *part;
    int count;
    int dropped; /* left behind by a rule */
    char dropped_why[256];
    bool decoder; /* a decoder was among them: a pretraining by reconstruction */
    bool before_head;     /* the layer that the head reads was, and the head with it */
    int outside;  /* tensors that do not belong to the network */
    char outside_name[128];
    int blocks; /* 1 + the highest block */
};

/* `prefix`: the one wanted, or NULL to choose. The result borrows names and data from the
 * archive. DS_DATA with the reason, DS_NOMEM. */
int ds_parts_find(struct ds_parts *p, const struct ds_archive *a, const char *path,
                  const char *prefix, struct ds_err *err);
void ds_parts_clear(struct ds_parts *p);

/* The part with that name (third 0, 'q', 'k' or 'v'), or NULL. */
const struct ds_part_of *ds_parts_lookup(const struct ds_parts *p, const char *name,
                                         char third);

#endif
