/* data/weights/shape_note.h -- the shape of a network as notes of a file. Public header.
 *
 * Every checkpoint and every imported network carries its shape on the root of the file, one
 * note a number (share/doc/run-file.md). Notes of rare features are written only where they
 * are not 0, and read as 0 where they are missing, so that older files stay readable. */
#ifndef DS_DATA_WEIGHTS_SHAPE_NOTE_H
#define DS_DATA_WEIGHTS_SHAPE_NOTE_H

#include "core/vit/shape.h"
#include "data/store/bundle.h"

int ds_shape_notes_write(struct ds_notes *n, const struct ds_vit_shape *s, struct ds_err *err);

/* `n` may be NULL. DS_DATA names what is missing or impossible; `file` begins the sentence. */
int ds_shape_notes_read(struct ds_vit_shape *s, const struct ds_notes *n, const char *file,
                        struct ds_err *err);

/* "0.5,0.5,0.5": numbers that read back to the same bits, as notes keep them. Returns `to`. */
const char *ds_list_text(char *to, size_t size, const double *value, int n);

#endif
