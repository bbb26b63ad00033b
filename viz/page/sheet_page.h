/* viz/page/sheet_page.h -- a sheet as a ruled table on a page. For viz/page.
 *
 * What people read: spreads stand behind their value, columns for machines are left out,
 * numbers end flush right, the best of a column is bold. */
#ifndef DS_VIZ_PAGE_SHEET_PAGE_H
#define DS_VIZ_PAGE_SHEET_PAGE_H

#include "analysis/sheet/sheet.h"
#include "viz/page/canvas.h"

/* The words of a cell; row -1: the heading. Returns `to`. */
const char *ds_sheet_words(char *to, size_t size, const struct ds_sheet *s, int row,
                           int column);
bool ds_sheet_shown(const struct ds_sheet *s, int column);
/* Is this cell as good as the best of its column? */
bool ds_sheet_best(const struct ds_sheet *s, int row, int column);

enum { DS_SHEET_COLUMNS = 64 };

/* Where the columns of a sheet stand. A table that is too wide is cut into parts: every part
 * repeats the first column and goes on with the next ones. */
struct ds_sheet_plan {
    double size, row;               /* of the type; from line to line */
    double width[DS_SHEET_COLUMNS]; /* of each column; 0: not shown */
    int heads;                      /* lines of the tallest heading */
    int part[DS_SHEET_COLUMNS];     /* which part a column is in */
    int parts;
};

void ds_sheet_lay_out(struct ds_sheet_plan *p, struct ds_canvas *c, const struct ds_sheet *s,
                      double width);
/* Height of `rows` rows under their heading. */
double ds_sheet_tall(const struct ds_sheet_plan *p, int rows);
/* Rows from .. from + rows of one part at (x, y). */
void ds_sheet_draw(struct ds_canvas *c, double x, double y, const struct ds_sheet *s,
                   const struct ds_sheet_plan *p, int part, int from, int rows);

#endif
