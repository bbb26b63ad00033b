/* data/image/gather.h -- the pictures that a command line means. Public header.
 *
 * Operands are pictures or folders. A folder is walked with the folders inside it, in the
 * byte order of names, and gives the files that end like pictures (.png .jpg .jpeg, any case);
 * hidden files and folders are passed over. A picture's class is the folder it lies in: the
 * first part of its path below the operand, where the folder has such parts. */
#ifndef DS_DATA_IMAGE_GATHER_H
#define DS_DATA_IMAGE_GATHER_H

#include "core/base/err.h"

enum { DS_GATHER_MAX = 10000000, DS_GATHER_DEPTH = 32 };

struct ds_gathered {
    int count;
    char **path;       /* [count] as it can be opened */
    int *class_of;     /* [count] */
    int classes;       /* at least 1; pictures outside class folders are of class "pictures" */
    char **class_name; /* [classes] in the order of first appearance */
};

/* DS_NOINPUT (an operand is not there), DS_DATA (a folder without pictures, folders too deep),
 * DS_NOMEM. Clear it also after a failure. */
int ds_gather(struct ds_gathered *g, char *const *operand, int n, struct ds_err *err);
void ds_gather_clear(struct ds_gathered *g);

#endif
