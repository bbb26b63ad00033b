/* viz/cli/cmd_labels.h -- names of a network's classes, and which class a name means. For
 * viz/cli only. */
#ifndef DS_VIZ_CLI_CMD_LABELS_H
#define DS_VIZ_CLI_CMD_LABELS_H

#include "data/image/gather.h"
#include "data/store/record.h"
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

/* The first classes of a run, by their names in its data set. DS_NOMEM. */
int ds_labels_run(struct ds_labels *l, const struct ds_record *r, int classes,
                  struct ds_err *err);
void ds_labels_clear(struct ds_labels *l);

/* "Egyptian cat", or "class 285". */
const char *ds_labels_text(char *to, size_t size, const struct ds_labels *l, int number);

/* The class of that id, name or number; -1 where there is none, DS_LABELS_SEVERAL where more
 * than one class has the name (ImageNet: two cranes, a bird and a machine). */
enum { DS_LABELS_SEVERAL = -2 };
int ds_labels_lookup(const struct ds_labels *l, const char *word);

/* What each folder means, class [folders]: the class of that name, id or number; where no folder
 * is one, there are as many folders as classes and `ordered` is not NULL, the order of their
 * names, and *ordered says so. DS_DATA names a folder that is no class of the network. */
int ds_labels_folders(int *class, const struct ds_gathered *g, const struct ds_labels *labels,
                      bool *ordered, const char *data, struct ds_err *err);

#endif
