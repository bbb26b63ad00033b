/* tests/fault/folder.h -- a folder held in memory: put down, taken up, compared. For
 * tests/fault. */
#ifndef DS_TESTS_FAULT_FOLDER_H
#define DS_TESTS_FAULT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

struct file {
    char path[300];       /* in the folder */
    unsigned char *bytes; /* NULL: a folder */
    size_t n;
};

struct folder {
    struct file *file;
    int count;
};

/* Everything below the current folder; ends the program when it cannot. */
struct folder folder_take(void);
void folder_clear(struct folder *f);

/* Makes the current folder hold exactly these files. */
void folder_put(const struct folder *f);

/* Removes everything in the current folder. */
void folder_empty(void);

const struct file *folder_lookup(const struct folder *f, const char *path);
bool file_same(const struct file *a, const struct file *b);

#endif
