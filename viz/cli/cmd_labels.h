/* viz/cli/cmd_labels.h -- names of a network's classes, and which class a name means. For
 * viz/cli only. */
#ifndef DS_VIZ_CLI_CMD_LABELS_H
#define DS_VIZ_CLI_CMD_LABELS_H

#include "data/image/gather.h"
#include "data/weights/model.h"

struct ds_labels {
    int classes;
    char **name; /* [classes], NULL where it is unknown */
    char **id;   /* [classes], "n02124075"; NULL where there is none */
};

/* From a text file: lines "number TAB id TAB name", "number TAB name", or one name a line from
 * class 0 on; path "": what the weights file says itself. DS_DATA, DS_NOINPUT, DS_NOMEM. Clear it
 * also after a failure. */
int ds_labels_load(struct ds_labels *l, const char *path, const struct ds_model *m,
                   struct ds_err *err);
void ds_labels_clear(struct ds_labels *l);

/* "Egyptian cat", or "class 285". */
const char *ds_labels_text(char *to, size_t size, const struct ds_labels *l, int number);

/* The class of that name, id or number, or -1. */
int ds_labels_lookup(const struct ds_labels *l, const char *word);

/* class[g->classes] = the class each folder of pictures means: that of its name, id or number;
 * where no folder means one and there are as many folders as classes, the order of their names.
 * DS_DATA with a folder that means none. */
int ds_labels_folders(int *class, const struct ds_labels *l, const struct ds_gathered *g,
                      const char *data, struct ds_err *err);

#endif
