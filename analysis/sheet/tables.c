/* analysis/sheet/tables.c -- the table of tables, and what its rows share. */
#include "analysis/sheet/tables_int.h"

#include <stdio.h>
#include <string.h>
#include "core/base/opt.h"

const struct ds_table ds_tables[] = {
    {"accuracy",
     "accuracy on every task after every task, both protocols, refined and raw head",
     ds_table_accuracy},
    {"summary", "every published convention of accuracy, forgetting and transfer, named",
     ds_table_summary},
    {"passport", "all conventions side by side, with who uses them and what each lacks",
     ds_table_passport},
    {"forgetting", "what each task lost, by three conventions", ds_table_forgetting},
    {"drift", "attention drift by layer over the timeline", ds_table_drift},
    {"linkage", "drift against forgetting, image by image: layer, task, class",
     ds_table_linkage},
    {"loss", "loss and learning rate of every optimiser step", ds_table_loss},
    {"audit", "what retention did to the gradients: task, layer, q/k/v", ds_table_audit},
    {"compare", "methods against each other, mean over seeds with interval", ds_table_compare},
    {0}};

enum { TABLES = sizeof ds_tables / sizeof *ds_tables - 1 };

const struct ds_table *ds_table_lookup(const char *name)
{
    for (const struct ds_table *t = ds_tables; t->name; t++)
        if (!strcmp(t->name, name))
            return t;
    return NULL;
}

static int unknown(const char *name, struct ds_err *err)
{
    const char *names[TABLES + 1] = {0}, *near;

    for (int i = 0; i < TABLES; i++)
        names[i] = ds_tables[i].name;
    near = ds_opt_nearest(name, names);
    if (near)
        return ds_fail(err, DS_USAGE, "there is no table '%s'; did you mean '%s'?", name, near);
    return ds_fail(err, DS_USAGE,
                   "there is no table '%s'; 'driftscope export --list' shows them all", name);
}

int ds_table_fill(struct ds_sheet *s, const char *name, const struct ds_table_want *want,
                  struct ds_err *err)
{
    const struct ds_table *t = ds_table_lookup(name);

    ds_sheet_begin(s, name, t ? t->about : "");
    if (!t)
        return unknown(name, err);
    if (want->runs < 1)
        return ds_fail(err, DS_USAGE, "table '%s' wants a run at least", name);
    return t->fill(s, want, err);
}

void ds_table_sheet(struct ds_sheet *s)
{
    ds_sheet_begin(s, "tables", "tables a run can be exported as");
    ds_sheet_add(s, "name", DS_CELL_TEXT);
    ds_sheet_add(s, "about", DS_CELL_TEXT);
    for (const struct ds_table *t = ds_tables; t->name; t++) {
        ds_sheet_text(s, t->name);
        ds_sheet_text(s, t->about);
    }
}

void ds_table_run_column(struct ds_sheet *s, const struct ds_table_want *want)
{
    if (want->runs > 1)
        ds_sheet_add(s, "run", DS_CELL_TEXT);
}

void ds_table_run_cell(struct ds_sheet *s, const struct ds_table_want *want, int run)
{
    if (want->runs > 1)
        ds_sheet_text(s, want->run[run].name);
}

void ds_table_run_notes(struct ds_sheet *s, const struct ds_table_want *want)
{
    for (int i = 0; i < want->runs; i++) {
        const struct ds_record *r = want->run[i].record;

        ds_sheet_note(s, "run: %s (method %s, seed %lld, after task %d of %d, uuid %s)",
                      want->run[i].name, r->method, (long long)r->seed,
                      ds_table_learned(&want->run[i]), r->tasks, r->uuid);
    }
}

void ds_table_share_column(struct ds_sheet *s, const char *name, enum ds_best best)
{
    struct ds_column c = {.type = DS_CELL_REAL, .digits = 4, .best = best, .share = true};

    snprintf(c.name, sizeof c.name, "%s", name);
    ds_sheet_column(s, &c);
}

void ds_table_spread_column(struct ds_sheet *s, const char *name, bool share)
{
    struct ds_column c = {.type = DS_CELL_REAL, .digits = 4, .share = share, .spread = true};

    snprintf(c.name, sizeof c.name, "%s_sd", name);
    ds_sheet_column(s, &c);
}

int ds_table_learned(const struct ds_table_run *run)
{
    const int done = run->record->done - 1;

    return run->checkpoint >= 0 && run->checkpoint < done ? run->checkpoint : done;
}

int ds_table_matrix(struct ds_accuracy *acc, const struct ds_table_run *run,
                    enum ds_protocol protocol, enum ds_head head, struct ds_err *err)
{
    const int learned = ds_table_learned(run);

    *acc = (struct ds_accuracy){0};
    if (learned < 1)
        return ds_fail(err, DS_USAGE, "%s: no task is learned yet, so there is no accuracy",
                       run->name);
    if (ds_accuracy_of(acc, run->record, protocol, head, err))
        return ds_while(err, "%s", run->name);
    acc->learned = learned;
    return 0;
}
