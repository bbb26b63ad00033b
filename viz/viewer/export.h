/* viz/viewer/export.h -- the view as a page for a paper. For viz/viewer and viz/cli.
 *
 * A, B, their difference and the image in a row, with outlines and colour bars, at a venue's
 * width and type, drawn by the same code as every figure: PDF, PNG or SVG, the same bytes
 * every time. Beside it a .json with the words that bring the view back. */
#ifndef DS_VIZ_VIEWER_EXPORT_H
#define DS_VIZ_VIEWER_EXPORT_H

#include "viz/page/theme.h"
#include "viz/viewer/viewer.h"

enum {
    DS_EXPORT_VENUE,
    DS_EXPORT_COLUMN,
    DS_EXPORT_FULL,
    DS_EXPORT_PNG,
    DS_EXPORT_PDF,
    DS_EXPORT_SVG,
    DS_EXPORT_DPI,
    DS_EXPORT_LABELS
};

/* Size of the page in points. */
void ds_export_size(const struct ds_viewer *v, double *w, double *h);

/* The theme of the page: in the font that was chosen, or in the venue's own where it is not
 * installed; `why` says so, or is "". DS_UNAVAILABLE: no font at all. */
int ds_export_theme(const struct ds_viewer *v, struct ds_theme *t, char *why, size_t size,
                    struct ds_err *err);

/* Writes every chosen format and the .json; `said` gets a sentence: the first file is
 * written, and in which font where it is not the one asked for. DS_USAGE,
 * DS_DATA (there is no map to draw), DS_CANTCREATE, DS_IO, DS_NOMEM. */
int ds_export_write(struct ds_viewer *v, char *said, size_t size, struct ds_err *err);

/* "driftscope view RUN --at '...'": the line that shows this view again. */
void ds_export_command(const struct ds_viewer *v, char *to, size_t size);

#endif
