/* data/source/source.h -- a table of data sets behind one door. Public header.
 *
 * A source is a labelled list of pictures: index -> picture and label. Small sets live in
 * memory, folders are decoded on demand. Pictures may be of any size; a recipe
 * (data/image/recipe.h) makes them the network's input. Reading is thread-safe and has no
 * state.
 *
 * Specifications (the `--data` option):
 *     fashion-mnist | mnist | cifar10 | cifar100      found in the usual places, see below
 *     PATH           a folder of idx(.gz) files, of CIFAR binary files, or an image folder of
 *                    PNG and JPEG files:
 *
 *         train/CLASS/FILE         and test/CLASS/ (val/CLASS/ where there is no test/)
 *         train/DOMAIN/CLASS/FILE  and test/DOMAIN/CLASS/, the same pictures in several styles
 *         CLASS/FILE               to test with only: nothing says what to learn from
 *         DOMAIN/CLASS/FILE        likewise
 *
 * Named sets are looked for in $DRIFTSCOPE_DATA/NAME, ./data-sets/NAME,
 * $XDG_DATA_HOME/driftscope/NAME and /usr/share/datasets/NAME (Debian's
 * dataset-fashion-mnist), the CIFAR sets also under their archives' folder names; the refusal
 * names every place tried and the package or the files that would help. A name wins over a
 * folder of that name: write ./NAME for the folder.
 *
 * An idx folder called fashion-mnist or mnist has that set's class names, any other idx set
 * has classes 0, 1, ... Image folders always have three channels. Their classes are numbered
 * in the byte order of their names, those of all chosen domains together, and every domain
 * must have every class. Pictures are numbered by domain, class and name. */
#ifndef DS_DATA_SOURCE_SOURCE_H
#define DS_DATA_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/err.h"
#include "data/image/picture.h"
#include "data/image/recipe.h"

enum ds_part { DS_TRAIN, DS_TEST };

struct ds_source_info {
    char name[64];
    int count, classes;
    int channels, height, width;   /* as ds_source_read delivers; 0 x 0: sizes differ, no recipe */
    const char *const *class_name; /* [classes], owned by the source */
    int domains;                   /* 0: the set has none */
    const char *const *domain_name;
    int low_height, low_width, high_height, high_width; /* the pictures as they are: range */
    bool test_only;                /* there is nothing to learn from beside it */
    struct ds_recipe recipe;       /* what ds_source_read applies */
    char place[1024];              /* the folder it was found in, cut */
};

/* The named sets, for lists and help; NULL behind the last one. */
struct ds_source_set {
    const char *name, *about;
};
const struct ds_source_set *ds_source_set(int i);

struct ds_source;

/* What to open. Zeroed fields ask for nothing special. */
struct ds_source_want {
    const char *spec;
    enum ds_part part;

    /* The side of the network's input. 0: pictures as they are, which the recipe may change. */
    int size;

    /* A recipe's name or text, without random steps. NULL or "": pictures that are not
     * size x size are resized to exactly that, bicubic. It must bring all pictures to one
     * size, size x size where size is given. */
    const char *transform;

    /* Domains to keep, separated by commas. NULL or "": all of them. */
    const char *domain;

    /* Decode every picture once, and leave out those that cannot be read; see ds_source_note.
     * Otherwise the first one is a failure: headers when the set is opened, pixels when they
     * are read. */
    bool skip_broken;
};

/* DS_NOINPUT when something is missing, DS_DATA when it is damaged or does not fit, DS_USAGE,
 * DS_NOMEM. */
int ds_source_open_want(struct ds_source **out, const struct ds_source_want *want,
                        struct ds_err *err);

/* The same with nothing special but the size. */
int ds_source_open(struct ds_source **out, const char *spec, enum ds_part part, int size,
                   struct ds_err *err);
void ds_source_close(struct ds_source *s);
const struct ds_source_info *ds_source_info(const struct ds_source *s);

/* pixels [C][H][W], 0..255: the recipe applied. Image folders decode on demand: reading
 * allocates and can fail. DS_USAGE where pictures differ in size and no recipe was given. */
int ds_source_read(const struct ds_source *s, int index, uint8_t *pixels, struct ds_err *err);

/* The same with memory that stays from one picture to the next: of sets in memory nothing is
 * allocated once `room` has grown. One room for each thread. */
int ds_source_read_in(const struct ds_source *s, int index, uint8_t *pixels,
                      struct ds_room *room, struct ds_err *err);

/* Another recipe than the source's, which may be random: see ds_recipe_apply. The result must
 * have the source's height and width. */
int ds_source_make(const struct ds_source *s, int index, const struct ds_recipe *recipe,
                   uint64_t stream, uint64_t draw, uint8_t *pixels, struct ds_room *room,
                   struct ds_err *err);

/* The picture as it is, of any size; of sets in memory it is lent by the source. Clear it
 * with ds_picture_clear. */
int ds_source_picture(const struct ds_source *s, int index, struct ds_picture *out,
                      struct ds_err *err);

int ds_source_label(const struct ds_source *s, int index);
int ds_source_domain(const struct ds_source *s, int index); /* 0 where there are none */

/* What was left out because it could not be read, a sentence each (ten, and then how many
 * more); NULL behind the last one. */
const char *ds_source_note(const struct ds_source *s, int i);

#endif
