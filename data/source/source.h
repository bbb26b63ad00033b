/* data/source/source.h -- a table of data sets behind one door. Public header.
 *
 * A source is a labelled list of pictures of one size: index -> bytes and label. Small sets
 * live in memory, folders are decoded on demand. Reading is thread-safe and has no state.
 *
 * Specifications (the `--data` option):
 *     fashion-mnist | mnist | cifar10 | cifar100      found in the usual places, see below
 *     PATH           a folder of idx(.gz) files, of CIFAR binary files, or an image folder with
 *                    train/CLASS/ and test/CLASS/ (val/CLASS/ where there is no test/)
 * Named sets are looked for in $DRIFTSCOPE_DATA/NAME, ./data-sets/NAME,
 * $XDG_DATA_HOME/driftscope/NAME and /usr/share/datasets/NAME (Debian's
 * dataset-fashion-mnist), the CIFAR sets also under their archives' folder names; the refusal
 * names every place tried and the package or the files that would help. A name wins over a
 * folder of that name: write ./NAME for the folder.
 *
 * An idx folder called fashion-mnist or mnist has that set's class names, any other idx set
 * has classes 0, 1, ... Image folders always have three channels. */
#ifndef DS_DATA_SOURCE_SOURCE_H
#define DS_DATA_SOURCE_SOURCE_H

#include <stdint.h>
#include "core/base/err.h"

enum ds_part { DS_TRAIN, DS_TEST };

struct ds_source_info {
    char name[64];
    int count, classes;
    int channels, height, width;
    const char *const *class_name; /* [classes], owned by the source */
    char place[1024];              /* the folder it was found in, cut */
};

/* The named sets, for lists and help; NULL behind the last one. */
struct ds_source_set {
    const char *name, *about;
};
const struct ds_source_set *ds_source_set(int i);

struct ds_source;

/* `size` > 0 asks an image folder to deliver size x size pictures (files of another size are
 * refused until resizing exists); 0 takes the size of the first picture. DS_NOINPUT when
 * something is missing, DS_DATA when it is damaged or does not fit, DS_USAGE, DS_NOMEM. */
int ds_source_open(struct ds_source **out, const char *spec, enum ds_part part, int size,
                   struct ds_err *err);
void ds_source_close(struct ds_source *s);
const struct ds_source_info *ds_source_info(const struct ds_source *s);

/* pixels [C][H][W], 0..255. Image folders decode on demand: reading allocates and can fail;
 * the other sets are in memory. */
int ds_source_read(const struct ds_source *s, int index, uint8_t *pixels, struct ds_err *err);
int ds_source_label(const struct ds_source *s, int index);

#endif
