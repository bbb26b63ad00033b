/* analysis/look/look_cache.h -- looks that were taken before. Public header.
 *
 *     RUN/cache/look-0123456789abcdef.h5
 *
 * A look depends on nothing but the network, the pictures and the wish, so a run keeps those of
 * its checkpoints. All three are written down in a text, the key: a hash of every parameter,
 * the shape, a hash of every picture's bytes and their names, and all options. The name of the
 * file is a hash of the key; what is in it counts only when it holds the same key and is whole
 * (data/store/h5.h finds every accident). Anything else is passed over and written anew. The
 * hashes are mixing functions of 64 bits (core/base/rng.h): they tell accidents, not forgers.
 *
 * The folder may be removed at any time. */
#ifndef DS_ANALYSIS_LOOK_LOOK_CACHE_H
#define DS_ANALYSIS_LOOK_LOOK_CACHE_H

#include "analysis/look/look.h"

/* A hash of all pictures: their bytes, names and folders. DS_NOINPUT, DS_IO, DS_NOMEM for one
 * that cannot be read and is not to be skipped; a skipped one counts as unreadable. */
int ds_pictures_hash(uint64_t *hash, const struct ds_gathered *g, bool skip_broken,
                     struct ds_err *err);

/* *key is fresh; free it. DS_NOMEM. */
int ds_look_key(char **key, const struct ds_model *m, const struct ds_gathered *g,
                uint64_t pictures, const struct ds_look_want *w, struct ds_err *err);

/* The file of a key below the folder of a run. */
void ds_look_cache_path(char *path, size_t size, const char *run, const char *key);

/* Fills an empty look and returns true; false where there is none of that key, whole. What a
 * person reads or draws (pixels, logits, likely classes, probe attention) is not kept. */
bool ds_look_cache_load(struct ds_look *l, const char *path, const char *key);

/* Published atomically; RUN/cache is made. DS_CANTCREATE, DS_IO, DS_NOMEM. */
int ds_look_cache_save(const struct ds_look *l, const char *path, const char *key,
                       struct ds_err *err);

#endif
