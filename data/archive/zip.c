/* data/archive/zip.c -- the directory of a zip archive. See zip_int.h.
 *
 * Layout: PKWARE APPNOTE.TXT 4.3. An archive ends with the end record (PK 5 6); large ones
 * have a second one (PK 6 6), found by a locator (PK 6 7) in front of the first. */
#include "data/archive/zip_int.h"

#include <stdlib.h>
#include <string.h>

#include "data/store/name.h"
#include "data/archive/archive_int.h"

enum { END = 22, LOCATOR = 20, END64 = 56, ROW = 46, LOCAL = 30, COMMENT_MAX = 65535 };

/* Where the directory is, and how many entries it has. */
struct place {
    uint64_t at, size, count, end; /* end: of the directory, where the end records begin */
};

static int refuse(const struct ds_zip *z, struct ds_err *err, const char *why)
{
    return ds_fail(err, DS_DATA, "%s: %s", z->file, why);
}

static int refuse_entry(const struct ds_zip *z, const char *name, struct ds_err *err,
                        const char *why)
{
    return ds_fail(err, DS_DATA, "%s: its entry '%s' %s", z->file, name, why);
}

/* The second end record, when the first one says that numbers did not fit. */
static int find_large(const struct ds_zip *z, struct place *p, struct ds_err *err)
{
    const unsigned char *locator, *end;
    uint64_t at;

    if (p->end < LOCATOR || memcmp(z->bytes + p->end - LOCATOR, "PK\6\7", 4))
        return 0;
    locator = z->bytes + p->end - LOCATOR;
    at = ds_little(locator + 8, 8);
    if (ds_little(locator + 4, 4) || ds_little(locator + 16, 4) > 1)
        return refuse(z, err, "is a zip archive in several parts; join them first");
    if (p->end < LOCATOR + END64 || at != p->end - LOCATOR - END64 ||
        memcmp(z->bytes + at, "PK\6\6", 4))
        return refuse(z, err,
                      "its zip64 directory is not where it should be; download it again");
    end = z->bytes + at;
    if (ds_little(end + 16, 4) || ds_little(end + 20, 4))
        return refuse(z, err, "is a zip archive in several parts; join them first");
    p->count = ds_little(end + 32, 8);
    p->size = ds_little(end + 40, 8);
    p->at = ds_little(end + 48, 8);
    p->end = at;
    return 0;
}

/* The end record, or NULL. Behind it stands a comment, whose length it has. */
static const unsigned char *find_end(const struct ds_zip *z)
{
    for (size_t n = 0; n <= COMMENT_MAX && n + END <= z->n; n++) {
        const unsigned char *end = z->bytes + (z->n - END - n);

        if (!memcmp(end, "PK\5\6", 4) && ds_little(end + 20, 2) == n)
            return end;
    }
    return NULL;
}

static int find_directory(const struct ds_zip *z, struct place *p, struct ds_err *err)
{
    const unsigned char *end = find_end(z);
    uint64_t disk;
    int code;

    if (!end)
        return refuse(z, err,
                      "has no zip directory at its end; it is cut off, download it again");
    disk = ds_little(end + 4, 2);
    if (disk != ds_little(end + 6, 2) || (disk && disk != UINT16_MAX))
        return refuse(z, err, "is a zip archive in several parts; join them first");
    *p = (struct place){ds_little(end + 16, 4), ds_little(end + 12, 4), ds_little(end + 10, 2),
                        (uint64_t)(end - z->bytes)};
    if ((code = find_large(z, p, err)))
        return code;
    if (p->size > p->end || p->at != p->end - p->size)
        return refuse(z, err, "its zip directory is not where it should be; download it again");
    if (p->count > DS_ZIP_ENTRIES_MAX || p->count * ROW > p->size)
        return ds_fail(
            err, DS_DATA,
            "%s: its zip directory has %llu entries in %llu bytes, at most %d are read",
            z->file, (unsigned long long)p->count, (unsigned long long)p->size,
            DS_ZIP_ENTRIES_MAX);
    return 0;
}

/* The numbers that did not fit into the row, from its extra field 1. */
static bool read_large(struct ds_zip_entry *e, const unsigned char *extra, size_t n)
{
    uint64_t *const number[] = {&e->size, &e->packed, &e->head};
    size_t length;

    while (n >= 4) {
        length = ds_little(extra + 2, 2);
        if (length > n - 4)
            return false;
        if (ds_little(extra, 2) == 1)
            break;
        extra += 4 + length;
        n -= 4 + length;
    }
    if (n < 4)
        return e->size != UINT32_MAX && e->packed != UINT32_MAX && e->head != UINT32_MAX;
    extra += 4;
    for (int i = 0; i < 3; i++)
        if (*number[i] == UINT32_MAX) {
            if (length < 8)
                return false;
            *number[i] = ds_little(extra, 8);
            extra += 8;
            length -= 8;
        }
    return true;
}

static int check_name(const struct ds_zip *z, const char *name, size_t n, struct ds_err *err)
{
    if (!n || n > DS_ZIP_NAME_MAX || strlen(name) != n || ds_utf8_unprintable(name, n) >= 0)
        return refuse(z, err, "has a zip entry whose name is no printable text of 512 bytes");
    if (name[0] == '/' || strchr(name, '\\'))
        return refuse_entry(z, name, err, "has an absolute name");
    for (const char *part = name; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
        if (!strncmp(part, "..", 2) && (part[2] == '/' || !part[2]))
            return refuse_entry(z, name, err, "leads out of the archive");
    return 0;
}

static int check_method(const struct ds_zip *z, const struct ds_zip_entry *e, unsigned flags,
                        struct ds_err *err)
{
    static const struct {
        int number;
        const char *name;
    } known[] = {{1, "shrink"}, {6, "implode"}, {9, "deflate64"}, {12, "bzip2"},
                 {14, "lzma"},  {93, "zstd"},   {95, "xz"},       {99, "encryption"}};
    const char *method = "an unknown method";

    if (flags & (1 | 1 << 6 | 1 << 13))
        return refuse_entry(z, e->name, err, "is encrypted; save it without a password");
    if (e->method == 0 && e->size != e->packed)
        return refuse_entry(z, e->name, err, "is stored, but its two sizes differ");
    if (e->method == 0 || e->method == 8)
        return 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].number == e->method)
            method = known[i].name;
    return ds_fail(err, DS_DATA,
                   "%s: its entry '%s' is packed with %s (%d), expected stored or deflated",
                   z->file, e->name, method, e->method);
}

/* What stands in front of the data: must be the same entry. */
static int check_local(const struct ds_zip *z, const struct place *p, struct ds_zip_entry *e,
                       struct ds_err *err)
{
    const size_t length = strlen(e->name);
    const unsigned char *local;

    if (e->head > p->at || p->at - e->head < LOCAL + length)
        return refuse_entry(z, e->name, err, "begins behind the data");
    local = z->bytes + e->head;
    if (memcmp(local, "PK\3\4", 4) || ds_little(local + 26, 2) != length ||
        memcmp(local + LOCAL, e->name, length))
        return refuse_entry(z, e->name, err, "is not where the directory says");
    e->at = e->head + LOCAL + length + ds_little(local + 28, 2);
    if (e->at > p->at || p->at - e->at < e->packed)
        return refuse_entry(z, e->name, err, "ends behind the data; the file is damaged");
    return 0;
}

static int read_row(struct ds_zip *z, const struct place *p, uint64_t *at, uint64_t *unpacked,
                    struct ds_err *err)
{
    const unsigned char *row = z->bytes + *at;
    struct ds_zip_entry *e = &z->entry[z->count];
    size_t name, extra, comment;
    int code;

    if (p->end - *at < ROW || memcmp(row, "PK\1\2", 4))
        return refuse(z, err, "its zip directory is damaged; download it again");
    name = ds_little(row + 28, 2);
    extra = ds_little(row + 30, 2);
    comment = ds_little(row + 32, 2);
    if (p->end - *at - ROW < name + extra + comment)
        return refuse(z, err, "its zip directory is damaged; download it again");
    *e = (struct ds_zip_entry){.head = ds_little(row + 42, 4),
                               .packed = ds_little(row + 20, 4),
                               .size = ds_little(row + 24, 4),
                               .method = (int)ds_little(row + 10, 2),
                               .sum = (uint32_t)ds_little(row + 16, 4)};
    if (name >= DS_ZIP_NAMES_MAX - z->names.used)
        return refuse(z, err, "the names of its entries take more than 8 MiB");
    if (!(e->name = ds_heap_text(&z->names, row + ROW, name, err)))
        return err->code;
    if ((code = check_name(z, e->name, name, err)))
        return code;
    if (!read_large(e, row + ROW + name, extra))
        return refuse_entry(z, e->name, err, "has no sizes of 64 bits where it needs them");
    if ((code = check_method(z, e, (unsigned)ds_little(row + 8, 2), err)) ||
        (code = check_local(z, p, e, err)))
        return code;
    *unpacked += e->method ? e->size < DS_UNPACKED_MAX ? e->size : DS_UNPACKED_MAX : 0;
    if (e->size > e->packed && e->size / DS_UNPACKED_RATIO > e->packed)
        return refuse_entry(z, e->name, err, "promises more than deflate can pack");
    if (*unpacked > DS_UNPACKED_MAX)
        return refuse(z, err, "unpacks to more than 8 GiB");
    *at += ROW + name + extra + comment;
    z->count++;
    return 0;
}

static int by_head(const void *a, const void *b)
{
    const struct ds_zip_entry *x = a, *y = b;

    return x->head < y->head ? -1 : x->head > y->head;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct ds_zip_entry *const *)a)->name,
                  (*(const struct ds_zip_entry *const *)b)->name);
}

/* Entries in the order of their data, none in another; and in the order of their names. */
static int sort(struct ds_zip *z, struct ds_err *err)
{
    qsort(z->entry, (size_t)z->count, sizeof *z->entry, by_head);
    for (int i = 1; i < z->count; i++)
        if (z->entry[i].head < z->entry[i - 1].at + z->entry[i - 1].packed)
            return refuse_entry(z, z->entry[i].name, err, "lies in another one");
    for (int i = 0; i < z->count; i++)
        z->by_name[i] = &z->entry[i];
    qsort(z->by_name, (size_t)z->count, sizeof *z->by_name, by_name);
    for (int i = 1; i < z->count; i++)
        if (!strcmp(z->by_name[i]->name, z->by_name[i - 1]->name))
            return refuse_entry(z, z->by_name[i]->name, err, "comes twice");
    return 0;
}

static int read_rows(struct ds_zip *z, const struct place *p, struct ds_err *err)
{
    uint64_t at = p->at, unpacked = 0;
    int code = 0;

    z->entry = calloc(p->count + 1, sizeof *z->entry);
    z->by_name = calloc(p->count + 1, sizeof *z->by_name);
    if (!z->entry || !z->by_name)
        return ds_fail(err, DS_NOMEM, "out of memory");
    for (uint64_t i = 0; i < p->count && !code; i++)
        code = read_row(z, p, &at, &unpacked, err);
    if (!code && at != p->end)
        code = refuse(z, err, "its zip directory is damaged; download it again");
    return code ? code : sort(z, err);
}

int ds_zip_open(struct ds_zip *z, const unsigned char *bytes, size_t n, const char *file,
                struct ds_err *err)
{
    struct place p = {0};
    int code;

    *z = (struct ds_zip){.bytes = bytes, .n = n, .file = file};
    if (!(code = find_directory(z, &p, err)))
        code = read_rows(z, &p, err);
    if (code)
        ds_zip_clear(z);
    return code;
}

void ds_zip_clear(struct ds_zip *z)
{
    free(z->entry);
    free(z->by_name);
    ds_heap_clear(&z->names);
    *z = (struct ds_zip){0};
}

struct ds_zip_entry *ds_zip_lookup(const struct ds_zip *z, const char *name)
{
    const struct ds_zip_entry wanted = {.name = name}, *key = &wanted;
    struct ds_zip_entry **found =
        bsearch(&key, z->by_name, (size_t)z->count, sizeof *z->by_name, by_name);

    return found ? *found : NULL;
}
