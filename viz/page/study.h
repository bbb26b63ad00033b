/* viz/page/study.h -- the runs a figure compares, sorted into groups. Public header.
 *
 * Runs that differ in nothing but their seed are repetitions of one method: a group. Groups
 * are named after the method; where two methods share a name, by the option that tells them
 * apart ("arcl (paper)"). Names given by the user win. */
#ifndef DS_VIZ_PAGE_STUDY_H
#define DS_VIZ_PAGE_STUDY_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/err.h"
#include "data/store/record.h"

struct ds_study_run {
    const struct ds_record *record; /* borrowed */
    const char *path;               /* borrowed: for messages and provenance */
    uint32_t crc;                   /* CRC-32C of the file; 0: in memory only */
    int group;
};

enum { DS_GROUPS = 16, DS_RUNS = 128 };

struct ds_grid; /* viz/page/table.h */
struct ds_spec; /* viz/page/spec.h */

struct ds_study {
    struct ds_study_run run[DS_RUNS];
    int runs, groups;
    char label[DS_GROUPS][96];
    int size[DS_GROUPS];  /* runs in the group */
    int first[DS_GROUPS]; /* its first run */
    const struct ds_grid *table; /* borrowed, or NULL: what figures of tables draw */
    const struct ds_spec *spec;  /* borrowed, or NULL: the panels of a composite */
};

/* Sets groups and labels from runs[0..count); labels is "a,b,c", one per run in the order given
 * (equal labels make a group), or "". DS_USAGE: too many runs or groups, labels that do not
 * count out. */
int ds_study_init(struct ds_study *s, const struct ds_study_run *runs, int count,
                  const char *labels, struct ds_err *err);

/* The runs i with keep[i], in groups and under labels as they were. */
void ds_study_subset(struct ds_study *to, const struct ds_study *from, const bool *keep);

/* The largest number of learned tasks that all runs have. */
int ds_study_learned(const struct ds_study *s);

#endif
