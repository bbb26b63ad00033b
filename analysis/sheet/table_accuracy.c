/* analysis/sheet/table_accuracy.c -- the tables about accuracy: matrix, summary, forgetting. */
#include "analysis/sheet/tables_int.h"

#include <math.h>
#include <stdio.h>

/* Every protocol with every head. */
enum { KINDS = 4 };

static enum ds_protocol protocol_of(int kind)
{
    return kind < 2 ? DS_CLASS_INCREMENTAL : DS_TASK_INCREMENTAL;
}

static enum ds_head head_of(int kind)
{
    return kind % 2 ? DS_RAW_HEAD : DS_REFINED;
}

static double cell(const struct ds_accuracy *acc, int i, int j)
{
    return acc->a[(size_t)i * (size_t)acc->tasks + (size_t)j];
}

static void kind_columns(struct ds_sheet *s, const struct ds_table_want *want)
{
    ds_table_run_column(s, want);
    ds_sheet_add(s, "protocol", DS_CELL_TEXT);
    ds_sheet_add(s, "head", DS_CELL_TEXT);
}

static void kind_cells(struct ds_sheet *s, const struct ds_table_want *want, int run, int kind)
{
    ds_table_run_cell(s, want, run);
    ds_sheet_text(s, ds_protocol_text(protocol_of(kind)));
    ds_sheet_text(s, ds_head_text(head_of(kind)));
}

static void kind_notes(struct ds_sheet *s, const struct ds_table_want *want)
{
    ds_sheet_note(s, "accuracy: correct / total over the whole test set of a task");
    ds_sheet_note(s,
                  "class-incremental: argmax over all classes seen so far; task-incremental: "
                  "over the classes of the image's own task");
    for (int i = 0; i < want->runs; i++)
        if (want->run[i].record->domain_name)
            ds_sheet_note(s,
                          "%s: tasks are domains with the same classes and one shared head, so "
                          "class- and task-incremental coincide",
                          want->run[i].name);
    ds_sheet_note(s, "head: refined from class Gaussians after each task, or raw as trained");
    ds_table_run_notes(s, want);
}

/* What a table writes for one run, protocol and head. */
typedef void fill_kind(struct ds_sheet *s, const struct ds_table_want *want, int run, int kind,
                       const struct ds_accuracy *acc);

static int each_kind(struct ds_sheet *s, const struct ds_table_want *want, fill_kind *fill,
                     struct ds_err *err)
{
    for (int i = 0; i < want->runs; i++)
        for (int kind = 0; kind < KINDS; kind++) {
            struct ds_accuracy acc;
            int code;

            if ((code = ds_table_matrix(&acc, &want->run[i], protocol_of(kind), head_of(kind),
                                        err)))
                return code;
            fill(s, want, i, kind, &acc);
            ds_accuracy_clear(&acc);
        }
    return 0;
}

static int most_tasks(const struct ds_table_want *want)
{
    int most = 0;

    for (int i = 0; i < want->runs; i++)
        most = want->run[i].record->tasks > most ? want->run[i].record->tasks : most;
    return most;
}

static void matrix_rows(struct ds_sheet *s, const struct ds_table_want *want, int run, int kind,
                        const struct ds_accuracy *acc)
{
    const int columns = most_tasks(want);

    for (int i = 0; i < acc->learned; i++) {
        kind_cells(s, want, run, kind);
        ds_sheet_int(s, i + 1);
        for (int j = 0; j < columns; j++)
            ds_sheet_real(s, j <= i ? cell(acc, i, j) : NAN);
        ds_sheet_real(s, ds_convention_lookup("last")->of(acc, i + 1));
        ds_sheet_real(s, ds_convention_lookup("last_weighted")->of(acc, i + 1));
    }
}

int ds_table_accuracy(struct ds_sheet *s, const struct ds_table_want *want, struct ds_err *err)
{
    const int columns = most_tasks(want);
    char name[32];

    kind_columns(s, want);
    ds_sheet_add(s, "after", DS_CELL_INT);
    for (int j = 0; j < columns; j++) {
        snprintf(name, sizeof name, "task_%d", j + 1);
        ds_table_share_column(s, name, DS_BEST_NONE);
    }
    ds_table_share_column(s, "mean", DS_BEST_NONE);
    ds_table_share_column(s, "weighted", DS_BEST_NONE);
    kind_notes(s, want);
    ds_sheet_note(s, "mean: over the tasks learned; weighted: by their test images");
    return each_kind(s, want, matrix_rows, err);
}

static void summary_rows(struct ds_sheet *s, const struct ds_table_want *want, int run,
                         int kind, const struct ds_accuracy *acc)
{
    for (const struct ds_convention *c = ds_conventions; c->key; c++) {
        kind_cells(s, want, run, kind);
        ds_sheet_text(s, c->key);
        ds_sheet_real(s, c->of(acc, acc->learned));
        ds_sheet_text(s, c->higher ? "higher" : "lower");
        ds_sheet_text(s, c->formula);
        ds_sheet_text(s, c->users);
    }
}

int ds_table_summary(struct ds_sheet *s, const struct ds_table_want *want, struct ds_err *err)
{
    kind_columns(s, want);
    ds_sheet_add(s, "measure", DS_CELL_TEXT);
    ds_table_share_column(s, "value", DS_BEST_NONE);
    ds_sheet_add(s, "better", DS_CELL_TEXT);
    ds_sheet_add(s, "formula", DS_CELL_TEXT);
    ds_sheet_add(s, "used_by", DS_CELL_TEXT);
    kind_notes(s, want);
    ds_sheet_note(s,
                  "R[i][j]: accuracy on task j after task i, T tasks learned, n_j test images");
    ds_sheet_note(s,
                  "forward transfer is n/a: with a head that grows by task, the head of a task "
                  "not learned yet is untrained; intransigence needs a jointly trained model; "
                  "forgetting and backward transfer need two tasks (the conventions of "
                  "LibContinual three)");
    return each_kind(s, want, summary_rows, err);
}

/* The best accuracy on task j after tasks j .. end-1. */
static double best(const struct ds_accuracy *acc, int j, int end)
{
    double most = NAN;

    for (int i = j; i < end; i++)
        most = fmax(most, cell(acc, i, j)); /* fmax passes over the first NAN */
    return most;
}

static void forgetting_rows(struct ds_sheet *s, const struct ds_table_want *want, int run,
                            int kind, const struct ds_accuracy *acc)
{
    static const char *const mean[] = {"learning", "last", "forgetting_clipped",
                                       "forgetting_chaudhry", "forgetting_first"};
    const int k = acc->learned;
    char name[16];

    for (int j = 0; j + 1 < k; j++) {
        const double first = cell(acc, j, j), last = cell(acc, k - 1, j);

        snprintf(name, sizeof name, "%d", j + 1);
        kind_cells(s, want, run, kind);
        ds_sheet_text(s, name);
        ds_sheet_real(s, first);
        ds_sheet_real(s, last);
        ds_sheet_real(s, best(acc, j, k) - last);
        ds_sheet_real(s, best(acc, j, k - 1) - last);
        ds_sheet_real(s, first - last);
    }
    kind_cells(s, want, run, kind);
    ds_sheet_text(s, "mean");
    for (int i = 0; i < 5; i++)
        ds_sheet_real(s, ds_convention_lookup(mean[i])->of(acc, k));
}

int ds_table_forgetting(struct ds_sheet *s, const struct ds_table_want *want,
                        struct ds_err *err)
{
    kind_columns(s, want);
    ds_sheet_add(s, "task", DS_CELL_TEXT);
    ds_table_share_column(s, "learned", DS_BEST_NONE);
    ds_table_share_column(s, "last", DS_BEST_NONE);
    ds_table_share_column(s, "clipped", DS_BEST_NONE);
    ds_table_share_column(s, "chaudhry", DS_BEST_NONE);
    ds_table_share_column(s, "first_minus_last", DS_BEST_NONE);
    kind_notes(s, want);
    ds_sheet_note(s, "learned: right after the task; last: after the last task learned");
    ds_sheet_note(s, "clipped: best including the last - last (ARCL, mammoth, PILOT/PyCIL); "
                     "chaudhry: best before the last - last (Continuum, FACIL); "
                     "first_minus_last: learned - last (Avalanche)");
    ds_sheet_note(s,
                  "the last task cannot be forgotten yet and has no row; the mean of 'learned' "
                  "and 'last' counts it, the means of forgetting do not");
    return each_kind(s, want, forgetting_rows, err);
}
