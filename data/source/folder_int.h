/* data/source/folder_int.h -- finding one's way in an image folder. For this room only. */
#ifndef DS_DATA_SOURCE_FOLDER_INT_H
#define DS_DATA_SOURCE_FOLDER_INT_H

#include <stdbool.h>
#include "data/source/source_int.h"

/* Names in a folder, hidden ones left out, in byte order. */
struct ds_names {
    int count;
    char **name; /* NULL behind the last one, as ds_names_list and _folders leave it */
};

/* DS_NOINPUT, DS_NOMEM. On failure the list is empty. */
int ds_names_list(struct ds_names *l, const char *dir, struct ds_err *err);

/* The folders among them only; a name that is not printable UTF-8 is refused. `what` they
 * are is for the sentence. */
int ds_names_folders(struct ds_names *l, const char *dir, const char *what, struct ds_err *err);
void ds_names_clear(struct ds_names *l);
bool ds_names_have(const struct ds_names *l, const char *name);

/* What the system fails to look at counts as a folder: who lists it learns what is wrong. */
bool ds_is_folder(const char *path);
bool ds_has_folder(const char *dir, const char *name);

/* By the name's ending: a picture that is read, or one of a format that is not. */
bool ds_is_picture(const char *name);
bool ds_is_foreign(const char *name);

/* How an image folder is laid out. */
struct ds_layout {
    char root[DS_PATH_BYTES];  /* where the part's pictures are: DIR, DIR/train, ... */
    char names[DS_PATH_BYTES]; /* where classes and domains are read off */
    bool domains;              /* DOMAIN/CLASS/FILE, not CLASS/FILE */
    bool test_only;
};

/* Whether a folder looks like one of image folders at all. */
bool ds_layout_probe(const char *dir);
int ds_layout_find(struct ds_layout *l, const char *dir, enum ds_part part, struct ds_err *err);

/* Domains (those chosen) and classes, into s; both parts have those of l->names. */
int ds_layout_name(struct ds_source *s, const struct ds_layout *l, const char *chosen,
                   struct ds_err *err);

#endif
