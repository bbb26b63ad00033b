/* tests/data/test_limits.c -- limits of files of strangers: at the limit read, one beyond it
 * refused, and every refusal quick and small.
 *
 * Each file is written and each is opened by a process of its own, whose peak of memory and
 * processor time are then known. Limits of pictures, gzip and zip are tested where their
 * readers are. */
#define _GNU_SOURCE
#include "store_help.h"

#define H5_USE_110_API
#include <hdf5.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "data/archive/archive.h"
#include "data/store/h5.h"
#include "data/store/h5_worker.h"
#include "data/store/json.h"
#include "data/weights/model.h"
#include "tests/data/seal.h"
#include "tests/weights/make.h"

enum { MIB = 1 << 20 };

/* A header of that many bytes in front of `data` zeros. */
static void safetensors(FILE *f, const char *json, size_t header, size_t data)
{
    const uint64_t length = header;
    const size_t n = strlen(json);

    fwrite(&length, 8, 1, f);
    fwrite(json, 1, n, f);
    for (size_t i = n; i < header; i++)
        fputc(' ', f);
    for (size_t i = 0; i < data; i++)
        fputc(0, f);
}

/* So many arrays of one byte, with names of `width` digits, in front of `data` bytes. */
static void one_byte_each(FILE *f, long count, int width, size_t data)
{
    char *json = malloc((size_t)count * (size_t)(80 + width)), *at = json;

    for (long i = 0; json && i < count; i++)
        at += sprintf(at,
                      "%c\"%0*ld\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%ld,%ld]}",
                      i ? ',' : '{', width, i, i, i + 1);
    if (json) {
        strcpy(at, "}");
        safetensors(f, json, strlen(json), data);
    }
    free(json);
}

static void tensors(FILE *f, long count)
{
    one_byte_each(f, count, 1, (size_t)count);
}

/* Names as long as a header has room for; only the last array is wrong. */
static void long_names(FILE *f, long count)
{
    one_byte_each(f, count, 190, (size_t)count - 1);
}

static void metadata(FILE *f, long length)
{
    char *json = malloc((size_t)length + 32);

    if (json) {
        sprintf(json, "{\"__metadata__\":{\"a\":\"%0*d\"}}", (int)length, 7);
        safetensors(f, json, strlen(json), 0);
    }
    free(json);
}

static void one_tensor(FILE *f, const char *called)
{
    char json[512];

    snprintf(json, sizeof json,
             "{\"%s\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", called);
    safetensors(f, json, strlen(json), 1);
}

static void name(FILE *f, long length)
{
    char called[300];

    snprintf(called, sizeof called, "%0*d", (int)length, 7);
    one_tensor(f, called);
}

static void rank(FILE *f, long dims)
{
    char json[512];

    snprintf(json, sizeof json,
             "{\"a\":{\"dtype\":\"U8\",\"shape\":[1%.*s],\"data_offsets\":[0,1]}}",
             (int)(2 * (dims - 1)), ",1,1,1,1,1,1,1,1,1");
    safetensors(f, json, strlen(json), 1);
}

static void header(FILE *f, long length)
{
    safetensors(f, "{}", (size_t)length, 0);
}

/* A header that is a list: `values` times the same, comma included. */
static void list(FILE *f, long values, const char *value)
{
    const uint64_t length = 8 + (uint64_t)values * strlen(value);

    fwrite(&length, 8, 1, f);
    fputs("{\"a\":[", f);
    for (long i = 0; i < values; i++)
        fputs(value, f);
    fputs("]}", f);
}

static void numbers(FILE *f, long values)
{
    list(f, values, "0,");
}

static void texts(FILE *f, long values)
{
    list(f, values, "\"\",");
}

static void objects(FILE *f, long values)
{
    list(f, values, "{},");
}

/* An index of shards that is nested so deep. */
static void nested(FILE *f, long depth)
{
    fputs("{\"weight_map\":", f);
    for (long i = 1; i < depth; i++)
        fputs("[", f);
    for (long i = 1; i < depth; i++)
        fputs("]", f);
    fputs("}", f);
}

/* An index whose tensors are all in itself. */
static void entries(FILE *f, long count)
{
    fputs("{\"weight_map\":{", f);
    for (long i = 0; i < count; i++)
        fprintf(f, "%s\"%ld\":\"file\"", i ? "," : "", i);
    fputs("}}", f);
}

/* An index of as many files; it is one, too. */
static void files(FILE *f, long count)
{
    fputs("{\"weight_map\":{", f);
    for (long i = 1; i < count; i++) {
        char part[32];
        FILE *beside;

        snprintf(part, sizeof part, "part%ld", i);
        fprintf(f, "%s\"%s\":\"%s\"", i > 1 ? "," : "", part, part);
        if (!(beside = fopen(in_folder(part), "wb")))
            exit(1);
        one_tensor(beside, part);
        fclose(beside);
    }
    fputs("}}", f);
}

/* A file of torch.save with that pickle. */
static void torch_zip(FILE *f, const void *pickle, size_t n)
{
    const size_t room = n + 4096;
    struct made m = {.out = malloc(room), .room = room};

    if (m.out && pickle) {
        zip_entry(&m, "net/data.pkl", pickle, n, 0);
        zip_entry(&m, "net/data/0", made_floats, sizeof made_floats, 0);
        zip_end(&m, 0);
        fwrite(m.out, 1, m.n, f);
    }
    free(m.out);
}

/* A list of so many tensors, all the same one. */
static void references(FILE *f, long count)
{
    const size_t room = 2 * (size_t)count + 1024;
    struct made p = {.out = malloc(room), .room = room};

    if (!p.out)
        return;
    put_text(&p, "](");
    pickle_tensor(&p, "FloatStorage", "0", 6, (const int64_t[5]){0, 2, 3, 3, 1}, 0);
    put_text(&p, "q\1");
    for (long i = 1; i < count; i++)
        put_text(&p, "h\1");
    put_text(&p, "e.");
    torch_zip(f, p.out, p.n);
    free(p.out);
}

/* A pickle that is one instruction, or two by turns. */
static void pickle(FILE *f, long length, const char *pattern)
{
    const size_t n = (size_t)length;
    char *bytes = malloc(n);

    for (size_t i = 0; bytes && i < n; i++)
        bytes[i] = pattern[i % strlen(pattern)];
    torch_zip(f, bytes, n);
    free(bytes);
}

static void stack(FILE *f, long length)
{
    pickle(f, length, "N");
}

static void nodes(FILE *f, long length)
{
    pickle(f, length, "]0");
}

static void memo(FILE *f, long length)
{
    pickle(f, length,
           "]\x94"
           "0");
}

/* A zip archive whose directory names its only entry so many times, with the longest name. */
static void zip_names(FILE *f, long count)
{
    struct made m = {.out = malloc(16 * MIB), .room = 16 * MIB};
    char name[512 + 1];
    size_t at, end;

    if (!m.out)
        return;
    memset(name, 'x', 512);
    name[512] = '\0';
    put_text(&m, "PK\3\4");
    put_number(&m, 0, 16);
    put_number(&m, 0, 6);
    put_number(&m, 512, 4);
    put_text(&m, name);
    at = m.n;
    for (long i = 0; i < count; i++) {
        put_text(&m, "PK\1\2");
        put_number(&m, 0, 16);
        put_number(&m, 0, 8);
        put_number(&m, 512, 2);
        put_number(&m, 0, 16);
        put_text(&m, name);
    }
    end = m.n;
    put_text(&m, "PK\5\6");
    put_number(&m, 0, 6);
    put_number(&m, (uint64_t)count, 2);
    put_number(&m, end - at, 4);
    put_number(&m, at, 4);
    put_number(&m, 0, 2);
    fwrite(m.out, 1, m.n, f);
    free(m.out);
}

/* HDF5 of a stranger, its checksum right: many scalars. */
static void h5_arrays(FILE *f, long count)
{
    const char *path = in_folder("raw.h5");
    const hid_t create = H5Pcreate(H5P_FILE_CREATE), access = H5Pcreate(H5P_FILE_ACCESS),
                space = H5Screate(H5S_SCALAR), how = H5Pcreate(H5P_DATASET_CREATE);
    hid_t file;
    unsigned char *bytes;
    struct stat is;

    H5Pset_userblock(create, 512);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    H5Pset_layout(how, H5D_COMPACT);
    file = H5Fcreate(path, H5F_ACC_TRUNC, create, access);
    for (long i = 0; i < count; i++) {
        char own[32];

        snprintf(own, sizeof own, "%ld", i);
        H5Dclose(H5Dcreate2(file, own, H5T_STD_U8LE, space, H5P_DEFAULT, how, H5P_DEFAULT));
    }
    H5Fclose(file);
    if (!stat(path, &is) && (bytes = malloc((size_t)is.st_size))) {
        read_file(path, bytes, (size_t)is.st_size);
        seal(bytes, (size_t)is.st_size);
        fwrite(bytes, 1, (size_t)is.st_size, f);
        free(bytes);
    }
    unlink(path);
}

static const struct {
    const char *what;
    void (*make)(FILE *f, long n);
    long n;
    const char *says; /* NULL: it is read */
} row[] = {
    {"HDF5 arrays", h5_arrays, 1, NULL}, /* what a process that reads takes by itself */
    {"tensors", tensors, 65536, NULL},
    {"tensors", tensors, 65537, "has 65537 entries, at most 65536 are read"},
    {"long names", long_names, 65536, "ends at byte 65536 of the data, which have 65535"},
    {"metadata", metadata, 16 * MIB - 64, NULL},
    {"name", name, 255, NULL},
    {"name", name, 256, "at most 255 are allowed"},
    {"dimensions", rank, 8, NULL},
    {"dimensions", rank, 9, "has more than 8 dimensions"},
    {"header", header, 16 * MIB, NULL},
    {"header", header, 16 * MIB + 1,
     "its header has 16777217 bytes, at most 16777216 are read"},
    {"JSON depth", nested, 8, "weight_map"},
    {"JSON depth", nested, 9, "its JSON is nested 9 deep, at most 8 are read"},
    {"JSON numbers", numbers, 8 * MIB - 8, "its JSON would take some 335 MB"},
    {"JSON numbers", numbers, 838000, "its JSON has a mistake at byte"},
    {"JSON texts", texts, 322000, "its JSON has a mistake at byte"},
    {"JSON objects", objects, 113000, "its JSON has a mistake at byte"},
    {"JSON objects", objects, 5 * MIB, "its JSON would take some"},
    {"entries", entries, 65536, "is an index of files, expected a file of tensors"},
    {"entries", entries, 65537, "has more than 65536 tensors"},
    {"files", files, 1024, NULL},
    {"files", files, 1025, "part999: belongs to a model in more than 1024 files"},
    {"references", references, 65536, NULL},
    {"references", references, 65537, "has more than 65536 tensors"},
    {"pickle stack", stack, 64 * MIB, "stacks more than 1048576 values"},
    {"pickle nodes", nodes, 64 * MIB, "needs more than 49152 kB for its structure alone"},
    {"pickle memo", memo, 64 * MIB, "needs more than 49152 kB for its structure alone"},
    {"zip names", zip_names, 15887, "lies in another one"},
    {"zip names", zip_names, 15888, "the names of its entries take more than 8 MiB"},
    {"HDF5 arrays", h5_arrays, 65536, NULL},
    {"HDF5 arrays", h5_arrays, 65537, "has 65537 members, at most 65536 are read"},
};

/* The peak of a process or of the one that it started, and the time of both. */
struct cost {
    long kb;
    double seconds;
};

static struct cost in_a_process(void (*does)(size_t i, const char *path), size_t i,
                                const char *path)
{
    struct rusage used;
    pid_t child;
    int status;

    fflush(NULL); /* what is written twice at exit */
    child = fork();
    assert_true(child >= 0);
    if (!child) {
        does(i, path);
        exit(0);
    }
    assert_int_equal(wait4(child, &status, 0, &used), child);
    assert_int_equal(status, 0);
    return (struct cost){used.ru_maxrss,
                         (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                             1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec)};
}

static void nothing(size_t i, const char *path)
{
    (void)i;
    (void)path;
}

static void make(size_t i, const char *path)
{
    FILE *f = fopen(path, "wb");

    if (!f)
        exit(1);
    row[i].make(f, row[i].n);
    if (fclose(f))
        exit(1);
}

static void open_it(size_t i, const char *path)
{
    struct ds_archive a;
    struct ds_err err = {0};
    const int code = ds_archive_open(&a, path, &err);

    if (code && (!row[i].says || code != DS_DATA || !strstr(err.text, row[i].says))) {
        fprintf(stderr, "%s %ld: '%s'\n", row[i].what, row[i].n, err.text);
        exit(1);
    }
    if (!code && row[i].says)
        exit(2);
    ds_archive_close(&a);
}

static void limits_hold(void **state)
{
    const char *path = in_folder("file");
    const struct cost alone = in_a_process(nothing, 0, path);
    struct cost reader = {0};

    (void)state;
    ds_h5_worker_use("/proc/self/exe", "h5-worker");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct cost c;
        struct stat is;
        long beyond;

        in_a_process(make, i, path);
        assert_int_equal(stat(path, &is), 0);
        c = in_a_process(open_it, i, path);
        if (i == 0)
            reader = c;
        beyond = 1024 * (c.kb - (row[i].make == h5_arrays ? reader : alone).kb) - is.st_size;
        print_message("%-12s %8ld %-7s %6.2f MB, %5.1f MB more in memory, %.2f s\n",
                      row[i].what, row[i].n, row[i].says ? "refused" : "read",
                      (double)is.st_size / 1e6, (double)beyond / 1e6, c.seconds);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        assert_true(beyond <= 64L * MIB);
        assert_true(c.seconds < 2 || !row[i].says);
#endif
        unlink(path);
    }
}

/* What is in a string counts for nothing. */
static void json_is_measured(void **state)
{
    static const char eight[] = "[[[[[[[[1]]]]]]]]",
                      words[] = "[\"[[[[[[[[[[[[\", \"\\\"[[[[[[[[[\"]";
    const size_t n = 16 << 20;
    char *many = malloc(n);
    struct ds_err err;

    (void)state;
    assert_non_null(many);
    for (size_t i = 0; i < n; i += 2)
        memcpy(many + i, i ? ",[" : "[ ", 2);
    assert_says(ds_json_measure(many, n, "f", &err), DS_DATA, &err, "nested");
    for (size_t i = 0; i < n; i++)
        many[i] = i ? i % 2 ? ':' : ',' : '{';
    assert_says(ds_json_measure(many, n, "f", &err), DS_DATA, &err, "f: has 8388608 entries");
    many[0] = '[';
    for (size_t i = 1; i < n; i++)
        many[i] = ',';
    assert_says(ds_json_measure(many, n, "f", &err), DS_DATA, &err, "its JSON would take some");
    free(many);
    assert_good(ds_json_measure(eight, sizeof eight - 1, "f", &err), &err);
    assert_good(ds_json_measure(words, sizeof words - 1, "f", &err), &err);
    assert_good(ds_json_measure("[[[[", 4, "f", &err), &err); /* the parser will say so */
    assert_good(ds_json_measure("\"\\", 2, "f", &err), &err);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(json_is_measured),
    };

    if (argc == 3 && !strcmp(argv[1], "h5-worker"))
        return ds_h5_worker_run(argv[2]);
    return cmocka_run_group_tests_name("limits", tests, make_folder, remove_folder);
}
