/* analysis/sheet/table_passport.c -- the passport of a run: every convention, both protocols
 * and heads side by side. */
#include "analysis/drift/passport.h"
#include "analysis/sheet/tables_int.h"

#include <math.h>

enum { KINDS = 4 };

static const struct {
    const char *name;
    enum ds_protocol protocol;
    enum ds_head head;
} kinds[KINDS] = {{"class", DS_CLASS_INCREMENTAL, DS_REFINED},
                  {"class_raw", DS_CLASS_INCREMENTAL, DS_RAW_HEAD},
                  {"task", DS_TASK_INCREMENTAL, DS_REFINED},
                  {"task_raw", DS_TASK_INCREMENTAL, DS_RAW_HEAD}};

static int run_rows(struct ds_sheet *s, const struct ds_table_want *want, int run,
                    struct ds_err *err)
{
    struct ds_passport_row row[KINDS][DS_CONVENTION_COUNT];

    for (int k = 0; k < KINDS; k++) {
        struct ds_accuracy acc;
        const int code =
            ds_table_matrix(&acc, &want->run[run], kinds[k].protocol, kinds[k].head, err);

        if (code)
            return code;
        ds_passport_of(row[k], &acc, acc.learned);
        ds_accuracy_clear(&acc);
    }
    for (int i = 0; i < DS_CONVENTION_COUNT; i++) {
        const struct ds_convention *c = row[0][i].convention;

        ds_table_run_cell(s, want, run);
        ds_sheet_text(s, c->family);
        ds_sheet_text(s, c->key);
        for (int k = 0; k < KINDS; k++)
            ds_sheet_real(s, row[k][i].value);
        ds_sheet_text(s, c->higher ? "higher" : "lower");
        ds_sheet_text(s, c->formula);
        ds_sheet_text(s, row[0][i].why ? row[0][i].why : c->users);
    }
    return 0;
}

int ds_table_passport(struct ds_sheet *s, const struct ds_table_want *want, struct ds_err *err)
{
    int code = 0;

    ds_table_run_column(s, want);
    ds_sheet_add(s, "quantity", DS_CELL_TEXT);
    ds_sheet_add(s, "convention", DS_CELL_TEXT);
    for (int k = 0; k < KINDS; k++)
        ds_table_share_column(s, kinds[k].name, DS_BEST_NONE);
    ds_sheet_add(s, "better", DS_CELL_TEXT);
    ds_sheet_add(s, "formula", DS_CELL_TEXT);
    ds_sheet_add(s, "used_by", DS_CELL_TEXT);
    for (int i = 0; i < want->runs && !code; i++)
        code = run_rows(s, want, i, err);
    ds_sheet_note(s, "class, task: class- and task-incremental accuracy after head refinement; "
                     "class_raw, task_raw: before it");
    ds_sheet_note(s, "R[i][j]: accuracy on task j after task i, T tasks learned, n_j test "
                     "images; the matrix itself is the table 'accuracy'");
    ds_sheet_note(s, "where there is no number, used_by says what it needs; with a head that "
                     "grows by task, tasks not learned yet cannot be tested");
    ds_table_run_notes(s, want);
    return code;
}
