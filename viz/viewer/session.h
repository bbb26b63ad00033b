/* viz/viewer/session.h -- a view kept in a file, and opened again. For viz/viewer and viz/cli.
 *
 *     # driftscope session
 *     run=runs/arcl
 *     run2=runs/finetune
 *     letter-q=image=3 ... (blanks as %20)
 *     image=12
 *     layer=6
 *
 * Text that diffs well: one field a line, only what differs from the defaults. */
#ifndef DS_VIZ_VIEWER_SESSION_H
#define DS_VIZ_VIEWER_SESSION_H

#include "viz/viewer/viewer.h"

/* DS_CANTCREATE, DS_IO, DS_NOMEM. */
int ds_session_save_view(const struct ds_viewer *v, const char *path, struct ds_err *err);

/* Whether a file begins as a session does. */
bool ds_session_is_one(const char *path);

/* What a session says: runs, the words of its view, letters as they stand in the file. */
struct ds_session_file {
    char run[2][1100];
    int runs;
    char *view;               /* owned */
    char *letter[DS_LETTERS]; /* owned or NULL */
};
int ds_session_load(struct ds_session_file *s, const char *path, struct ds_err *err);
void ds_session_clear(struct ds_session_file *s);

#endif
