/* tests/data/test_source.c -- idx and CIFAR files and the named sets: round trips, refusals. */
#define _GNU_SOURCE
#include "tests/data/source_help.h"

#include "data/source/source.h"
#include "tests/data/source_open.h"

static const int labels6[] = {3, 0, 2, 1, 3, 0};

static void check_idx(const char *name, int h, int w)
{
    struct ds_source *s = open_in_base(name, DS_TRAIN);
    const struct ds_source_info *info = ds_source_info(s);

    assert_int_equal(info->count, 6);
    assert_int_equal(info->classes, 5); /* the test part has a label 4 */
    assert_int_equal(info->channels, 1);
    assert_int_equal(info->height, h);
    assert_int_equal(info->width, w);
    assert_string_equal(info->name, name);
    assert_string_equal(info->class_name[4], "4");
    for (int i = 0; i < 6; i++) {
        assert_picture(s, i, i, 1);
        assert_int_equal(ds_source_label(s, i), labels6[i]);
    }
    ds_source_close(s);
}

static void idx_is_read_plain_packed_and_renamed(void **state)
{
    const int four = 4;
    unsigned char *bytes;
    size_t n;

    (void)state;
    put_idx("plain", "train", labels6, 6, 5, 7);
    put_idx("plain", "t10k", &four, 1, 5, 7);
    check_idx("plain", 5, 7);

    bytes = idx_images(6, 3, 4, &n);
    put_gzip("packed/train-images-idx3-ubyte.gz", bytes, n);
    put("renamed/train-images.idx3-ubyte", bytes, n);
    free(bytes);
    bytes = idx_labels(labels6, 6, &n);
    put_gzip("packed/train-labels-idx1-ubyte.gz", bytes, n);
    put("renamed/train-labels.idx1-ubyte", bytes, n);
    free(bytes);
    put_idx("packed", "t10k", &four, 1, 3, 4);
    put_idx("renamed", "t10k", &four, 1, 3, 4);
    check_idx("packed", 3, 4);
    check_idx("renamed", 3, 4);
}

static void a_known_folder_has_class_names(void **state)
{
    struct ds_source *s;
    const int ten = 10;

    (void)state;
    put_idx("fashion-mnist", "train", labels6, 6, 2, 2);
    s = open_in_base("fashion-mnist/", DS_TRAIN);
    assert_int_equal(ds_source_info(s)->classes, 10);
    assert_string_equal(ds_source_info(s)->class_name[9], "ankle boot");
    ds_source_close(s);
    put_idx("fashion-mnist", "t10k", &ten, 1, 2, 2);
    assert_refused(in_base("fashion-mnist"), DS_TEST, 0, DS_DATA,
                   "label 10 at item 0, expected 0 to 9");
}

static void idx_refusals(void **state)
{
    unsigned char *bytes;
    size_t n;

    (void)state;
    put_idx("bad", "train", labels6, 6, 5, 7);
    assert_refused(in_base("bad"), DS_TEST, 0, DS_NOINPUT,
                   "bad: no t10k-images-idx3-ubyte or t10k-images-"
                   "idx3-ubyte.gz in this folder; an idx data set has four such files");
    put_idx("bad", "train", labels6, 5, 5, 7);
    bytes = idx_images(6, 5, 7, &n);
    put("bad/train-images-idx3-ubyte", bytes, n);
    assert_refused(in_base("bad"), DS_TRAIN, 0, DS_DATA, "6 pictures, but 5 labels beside it");
    put_idx("bad", "train", labels6, 6, 5, 7);
    put("bad/train-images-idx3-ubyte", bytes, n - 1);
    assert_refused(in_base("bad"), DS_TRAIN, 0, DS_DATA, "ends after 225 bytes, expected 226");
    bytes = realloc(bytes, n + 1);
    bytes[n] = 0;
    put("bad/train-images-idx3-ubyte", bytes, n + 1);
    assert_refused(in_base("bad"), DS_TRAIN, 0, DS_DATA, "more bytes follow the 226");
    bytes[3] = 1;
    put("bad/train-images-idx3-ubyte", bytes, n);
    assert_refused(in_base("bad"), DS_TRAIN, 0, DS_DATA,
                   "begins with 0x00000801, expected 0x00000803");
    bytes[3] = 3;
    big_endian(bytes + 4, 0);
    put("bad/train-images-idx3-ubyte", bytes, n);
    assert_refused(in_base("bad"), DS_TRAIN, 0, DS_DATA, "announces no bytes at all");
    for (int i = 1; i < 4; i++) /* 2^96 bytes must not wrap to something small */
        big_endian(bytes + 4 * i, 0xffffffff);
    put("bad/train-images-idx3-ubyte", bytes, n);
    assert_refused(in_base("bad"), DS_TRAIN, 0, DS_DATA, "more than this file can hold");
    put("bad/train-images-idx3-ubyte", bytes, 0);
    assert_refused(in_base("bad"), DS_TRAIN, 0, DS_DATA, "ends after 0 bytes, expected 4");
    free(bytes);
    unlink(in_base("bad/train-labels-idx1-ubyte"));
    assert_refused(in_base("bad"), DS_TRAIN, 0, DS_NOINPUT, "no train-labels-idx1-ubyte or");
}

static void idx_sides_are_limited(void **state)
{
    const int one = 0;
    unsigned char *bytes;
    size_t n;

    (void)state;
    put_idx("wide", "train", &one, 1, 1, 1);
    bytes = calloc(1, 16 + 16385);
    assert_non_null(bytes);
    n = 16 + 16384;
    big_endian(bytes, 0x803);
    big_endian(bytes + 4, 1);
    big_endian(bytes + 8, 1);
    big_endian(bytes + 12, 16384);
    put("wide/train-images-idx3-ubyte", bytes, n);
    ds_source_close(open_in_base("wide", DS_TRAIN));
    big_endian(bytes + 12, 16385);
    put("wide/train-images-idx3-ubyte", bytes, n + 1);
    assert_refused(in_base("wide"), DS_TRAIN, 0, DS_DATA,
                   "pictures of 16385 x 1 pixels, at most 16384");
    free(bytes);
}

/* A gzip bomb: a small file that announces and holds more than a thousand times its size. */
static void a_bomb_is_refused(void **state)
{
    const size_t n = 16 + 4000 * 1000;
    unsigned char *bytes = calloc(1, n);
    const int one = 0;

    (void)state;
    assert_non_null(bytes);
    put_idx("bomb", "train", &one, 1, 1, 1);
    unlink(in_base("bomb/train-images-idx3-ubyte"));
    big_endian(bytes, 0x803);
    big_endian(bytes + 4, 1);
    big_endian(bytes + 8, 4000);
    big_endian(bytes + 12, 1000);
    put_gzip("bomb/train-images-idx3-ubyte.gz", bytes, n);
    assert_refused(in_base("bomb"), DS_TRAIN, 0, DS_DATA, "more than this file can hold");
    free(bytes);
}

static void gzip_cut_flipped_or_followed_is_refused(void **state)
{
    size_t n, packed_n;
    unsigned char *bytes = idx_images(6, 5, 7, &n), *packed = gzip(bytes, n, &packed_n);
    struct ds_source *s;
    struct ds_err err;
    int harmless = 0;

    (void)state;
    put_idx("gz", "train", labels6, 6, 5, 7);
    unlink(in_base("gz/train-images-idx3-ubyte"));
    for (size_t cut = 0; cut < packed_n; cut++) {
        put("gz/train-images-idx3-ubyte.gz", packed, cut);
        assert_int_equal(ds_source_open(&s, in_base("gz"), DS_TRAIN, 0, &err), DS_DATA);
        assert_says(err, DS_DATA, "gz/train-images-idx3-ubyte.gz: ");
    }
    for (size_t bit = 0; bit < 8 * packed_n; bit++) {
        packed[bit / 8] ^= (unsigned char)(1 << bit % 8);
        put("gz/train-images-idx3-ubyte.gz", packed, packed_n);
        packed[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (ds_source_open(&s, in_base("gz"), DS_TRAIN, 0, &err))
            continue;
        /* Time, system and the padding of a stored block: no harm in them. */
        for (int i = 0; i < 6; i++)
            assert_picture(s, i, i, 1);
        ds_source_close(s);
        harmless++;
    }
    assert_in_range(harmless, 0, 8 * 8);
    packed = realloc(packed, packed_n + 1);
    assert_non_null(packed);
    packed[packed_n] = 'x';
    put("gz/train-images-idx3-ubyte.gz", packed, packed_n + 1);
    assert_refused(in_base("gz"), DS_TRAIN, 0, DS_DATA, "more bytes follow the 226");
    put_gzip("gz/train-images-idx3-ubyte.gz", bytes, n - 1);
    assert_refused(in_base("gz"), DS_TRAIN, 0, DS_DATA, "ends after 225 bytes, expected 226");
    free(packed);
    free(bytes);
}

/* n CIFAR records in base/NAME, numbered from `first`; label (7 i + 3) mod classes. */
static void put_cifar(const char *name, int first, int n, int classes)
{
    const size_t lead = classes == 10 ? 1 : 2;
    unsigned char *bytes = malloc((lead + 3072) * (size_t)n), *p = bytes;

    assert_non_null(bytes);
    for (int i = first; i < first + n; i++) {
        if (lead == 2)
            *p++ = 0x0b; /* coarse: not ours */
        *p++ = (unsigned char)((7 * i + 3) % classes);
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < 32; y++)
                for (int x = 0; x < 32; x++)
                    *p++ = pixel(i, c, y, x);
    }
    put(name, bytes, (lead + 3072) * (size_t)n);
    free(bytes);
}

static void put_names(const char *name, int n)
{
    char text[4096];
    size_t used = 0;

    for (int i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "kind_%d\r\n", i);
    snprintf(text + used, sizeof text - used, "\n");
    put_text(name, text);
}

static void put_cifar10(void)
{
    char name[64];

    put_names("c10/batches.meta.txt", 10);
    put_cifar("c10/test_batch.bin", 50, 3, 10);
    for (int i = 1; i <= 5; i++) { /* i records in file i */
        snprintf(name, sizeof name, "c10/data_batch_%d.bin", i);
        put_cifar(name, i * (i - 1) / 2, i, 10);
    }
}

static void check_cifar(const char *name, enum ds_part part, int first, int count, int classes)
{
    struct ds_source *s = open_in_base(name, part);
    const struct ds_source_info *info = ds_source_info(s);

    assert_int_equal(info->count, count);
    assert_int_equal(info->classes, classes);
    assert_int_equal(info->channels, 3);
    assert_int_equal(info->height, 32);
    assert_string_equal(info->class_name[classes - 1], classes == 10 ? "kind_9" : "kind_99");
    for (int i = 0; i < count; i++) {
        assert_picture(s, i, first + i, 0);
        assert_int_equal(ds_source_label(s, i), (7 * (first + i) + 3) % classes);
    }
    ds_source_close(s);
}

static void cifar_is_read(void **state)
{
    struct ds_source *s;

    (void)state;
    put_cifar10();
    check_cifar("c10", DS_TRAIN, 0, 15, 10);
    check_cifar("c10", DS_TEST, 50, 3, 10);
    put_names("cifar-100-binary/fine_label_names.txt", 100);
    put_cifar("cifar-100-binary/train.bin", 0, 4, 100);
    put_cifar("cifar-100-binary/test.bin", 9, 2, 100);
    check_cifar("cifar-100-binary", DS_TRAIN, 0, 4, 100);
    check_cifar("cifar-100-binary", DS_TEST, 9, 2, 100);
    s = open_in_base("cifar-100-binary", DS_TEST);
    assert_string_equal(ds_source_info(s)->name, "cifar100"); /* the archive's folder name */
    ds_source_close(s);
}

static void cifar_refusals(void **state)
{
    unsigned char bytes[3073] = {10};

    (void)state;
    put_cifar10();
    put("c10/data_batch_3.bin", bytes, 3072);
    assert_refused(in_base("c10"), DS_TRAIN, 0, DS_DATA,
                   "data_batch_3.bin: 3072 bytes, expected a "
                   "multiple of 3073 (one record)");
    put("c10/data_batch_3.bin", bytes, 3073);
    assert_refused(in_base("c10"), DS_TRAIN, 0, DS_DATA,
                   "data_batch_3.bin: label 10 in record 0, expected "
                   "0 to 9");
    put("c10/data_batch_3.bin", bytes, 0);
    assert_refused(in_base("c10"), DS_TRAIN, 0, DS_DATA, "data_batch_3.bin: 0 bytes");
    unlink(in_base("c10/data_batch_3.bin"));
    assert_refused(in_base("c10"), DS_TRAIN, 0, DS_NOINPUT,
                   "data_batch_3.bin: No such file or directory; "
                   "unpack the archive again");
    put_names("c10/batches.meta.txt", 9);
    assert_refused(in_base("c10"), DS_TEST, 0, DS_DATA,
                   "batches.meta.txt: 9 class names, expected 10");
    put_text("c10/batches.meta.txt", "a\nb\n\x1b[31mred\n");
    assert_refused(in_base("c10"), DS_TEST, 0, DS_DATA,
                   "batches.meta.txt:3: not a line of at most 255");
    /* Latin-1, a character cut off, one written too long, half a pair, a control of ISO 8859 */
    static const char *const bad[] = {"caf\xe9\n",    "\xe6\x97",         "\xc0\xaf",
                                      "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x7f",
                                      "\xc2\x9b[31m"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_text("c10/batches.meta.txt", bad[i]);
        assert_refused(in_base("c10"), DS_TEST, 0, DS_DATA,
                       "batches.meta.txt:1: not a line of");
    }
    put("c10/batches.meta.txt", "a\0b", 3);
    assert_refused(in_base("c10"), DS_TEST, 0, DS_DATA,
                   "holds zero bytes, expected a text file");
    unlink(in_base("c10/batches.meta.txt"));
    assert_refused(in_base("c10"), DS_TEST, 0, DS_NOINPUT, "batches.meta.txt");
}

static void classes_may_have_names_of_any_language(void **state)
{
    static const char *const names[] = {"Gr\xc3\xb6\xc3\x9f", "\xe6\x97\xa5\xe6\x9c\xac",
                                        "\xf0\x9f\x90\x88"};
    struct ds_source *s;

    (void)state;
    put_cifar10();
    put_text("c10/batches.meta.txt", "Gr\xc3\xb6\xc3\x9f\r\n"
                                     " \xe6\x97\xa5\xe6\x9c\xac\t\n\n"
                                     "\xf0\x9f\x90\x88\nd\ne\nf\ng\nh\ni\nj");
    s = open_in_base("c10", DS_TEST);
    for (int i = 0; i < 3; i++)
        assert_string_equal(ds_source_info(s)->class_name[i], names[i]);
    assert_string_equal(ds_source_info(s)->class_name[9], "j");
    ds_source_close(s);
}

static void named_sets_are_found_in_their_places(void **state)
{
    char home[1024];
    struct ds_source *s;
    struct ds_err err;

    (void)state;
    put_idx("own/mnist", "train", labels6, 6, 2, 2);
    put_idx("xdg/driftscope/mnist", "train", labels6, 5, 2, 2);
    put_cifar("own/cifar-100-binary/test.bin", 0, 1, 100);
    put_names("own/cifar-100-binary/fine_label_names.txt", 100);
    snprintf(home, sizeof home, "%s", in_base("xdg"));
    setenv("DRIFTSCOPE_DATA", in_base("own"), 1);
    setenv("XDG_DATA_HOME", home, 1);
    assert_int_equal(ds_source_open(&s, "mnist", DS_TRAIN, 0, &err), 0);
    assert_int_equal(ds_source_info(s)->count, 6);
    assert_string_equal(ds_source_info(s)->name, "mnist");
    assert_int_equal(ds_source_info(s)->classes, 10);
    ds_source_close(s);
    assert_int_equal(ds_source_open(&s, "cifar100", DS_TEST, 0, &err), 0);
    ds_source_close(s);
    unsetenv("DRIFTSCOPE_DATA");
    assert_int_equal(ds_source_open(&s, "mnist", DS_TRAIN, 0, &err), 0);
    assert_int_equal(ds_source_info(s)->count, 5);
    ds_source_close(s);
}

static void missing_sets_name_places_and_remedy(void **state)
{
    char both[2048];

    (void)state;
    setenv("DRIFTSCOPE_DATA", in_base("nowhere"), 1);
    setenv("XDG_DATA_HOME", in_base("void"), 1);
    snprintf(both, sizeof both,
             "data set 'cifar10' was not found in %s/nowhere/cifar10, "
             "./data-sets/cifar10, %s/void/driftscope/cifar10, /usr/share/datasets/cifar10; "
             "unpack cifar-10-binary.tar.gz",
             base, base);
    assert_refused("cifar10", DS_TRAIN, 0, DS_NOINPUT, both);
    unsetenv("XDG_DATA_HOME");
    setenv("HOME", in_base("home"), 1);
    assert_refused("cifar10", DS_TRAIN, 0, DS_NOINPUT, "home/.local/share/driftscope/cifar10");
    assert_refused("mnist", DS_TRAIN, 0, DS_NOINPUT,
                   "put the four files train-images-idx3-ubyte.gz");
    if (access("/usr/share/datasets/fashion-mnist", F_OK))
        assert_refused("fashion-mnist", DS_TRAIN, 0, DS_NOINPUT,
                       "apt-get install dataset-fashion-mnist");
    unsetenv("DRIFTSCOPE_DATA");
}

static void wrong_specifications_are_refused(void **state)
{
    char *name = malloc(5000);

    (void)state;
    assert_non_null(name);
    assert_refused("", DS_TRAIN, 0, DS_USAGE, "no data set was named");
    assert_refused("fashon-mnist", DS_TRAIN, 0, DS_NOINPUT, "did you mean 'fashion-mnist'?");
    assert_refused("imagenet", DS_TRAIN, 0, DS_NOINPUT,
                   "'imagenet' is neither a folder nor a known data "
                   "set (fashion-mnist, mnist, cifar10, cifar100)");
    assert_refused("/no/such/folder", DS_TRAIN, 0, DS_NOINPUT, "neither a folder nor");
    put_text("plain.txt", "x");
    assert_refused(in_base("plain.txt"), DS_TRAIN, 0, DS_DATA,
                   "a file, expected the folder of a data set");
    assert_refused(in_base("plain.txt/x"), DS_TRAIN, 0, DS_NOINPUT, "Not a directory");
    mkdir(in_base("empty"), 0755);
    assert_refused(
        in_base("empty"), DS_TRAIN, 0, DS_DATA,
        "empty: no data set in this folder; expected "
        "train-images-idx3-ubyte(.gz) and its three companions; or data_batch_1.bin");
    memset(name, 'x', 4999);
    name[4999] = '\0';
    assert_refused(name, DS_TRAIN, 0, DS_USAGE, "longer than 4095 bytes");
    name[4090] = '\0';
    assert_refused(name, DS_TRAIN, 0, DS_NOINPUT, "");
    free(name);
}

static void the_named_sets_are_listed(void **state)
{
    int n = 0;

    (void)state;
    while (ds_source_set(n))
        n++;
    assert_int_equal(n, 4);
    assert_string_equal(ds_source_set(0)->name, "fashion-mnist");
    assert_null(ds_source_set(-1));
}

static void the_real_fashion_mnist(void **state)
{
    static const int first[] = {9, 0, 0, 3, 0, 2, 7, 2, 5, 5};
    struct ds_source *s;
    struct ds_err err;
    int count[10] = {0};

    (void)state;
    if (access("/usr/share/datasets/fashion-mnist", F_OK)) {
        print_message("skipped: not found: dataset-fashion-mnist\n");
        skip();
    }
    assert_int_equal(ds_source_open(&s, "/usr/share/datasets/fashion-mnist", DS_TRAIN, 0, &err),
                     0);
    assert_int_equal(ds_source_info(s)->count, 60000);
    assert_int_equal(ds_source_info(s)->height, 28);
    for (int i = 0; i < 60000; i++)
        count[ds_source_label(s, i)]++;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(count[i], 6000);
        assert_int_equal(ds_source_label(s, i), first[i]);
    }
    ds_source_close(s);
    assert_int_equal(ds_source_open(&s, "/usr/share/datasets/fashion-mnist", DS_TEST, 0, &err),
                     0);
    assert_int_equal(ds_source_info(s)->count, 10000);
    ds_source_close(s);
}

static void the_real_cifar100(void **state)
{
    const char *shared = getenv("DRIFTSCOPE_SHARED");
    char archive[2048], command[8192];
    struct ds_source *s;
    struct ds_err err;
    int count[100] = {0};

    (void)state;
    snprintf(archive, sizeof archive, "%s/data/cifar-100-binary.tar.xz",
             shared ? shared : DS_SOURCE_DIR "/../shared");
    if (access(archive, R_OK)) {
        print_message("skipped: not found: %s\n", archive);
        skip();
    }
    snprintf(command, sizeof command, "tar -xJf '%s' -C '%s'", archive, base);
    remove_all(in_base("cifar-100-binary"));
    assert_int_equal(system(command), 0);
    assert_int_equal(ds_source_open(&s, in_base("cifar-100-binary"), DS_TRAIN, 0, &err), 0);
    assert_int_equal(ds_source_info(s)->count, 20000);
    assert_string_equal(ds_source_info(s)->class_name[0], "apple");
    assert_string_equal(ds_source_info(s)->class_name[99], "worm");
    for (int i = 0; i < 20000; i++)
        count[ds_source_label(s, i)]++;
    for (int i = 0; i < 100; i++)
        assert_int_equal(count[i], 200);
    ds_source_close(s);
    assert_int_equal(ds_source_open(&s, in_base("cifar-100-binary"), DS_TEST, 0, &err), 0);
    assert_int_equal(ds_source_info(s)->count, 10000);
    ds_source_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idx_is_read_plain_packed_and_renamed),
        cmocka_unit_test(a_known_folder_has_class_names),
        cmocka_unit_test(idx_refusals),
        cmocka_unit_test(idx_sides_are_limited),
        cmocka_unit_test(a_bomb_is_refused),
        cmocka_unit_test(gzip_cut_flipped_or_followed_is_refused),
        cmocka_unit_test(cifar_is_read),
        cmocka_unit_test(cifar_refusals),
        cmocka_unit_test(classes_may_have_names_of_any_language),
        cmocka_unit_test(named_sets_are_found_in_their_places),
        cmocka_unit_test(missing_sets_name_places_and_remedy),
        cmocka_unit_test(wrong_specifications_are_refused),
        cmocka_unit_test(the_named_sets_are_listed),
        cmocka_unit_test(the_real_fashion_mnist),
        cmocka_unit_test(the_real_cifar100),
    };

    return cmocka_run_group_tests(tests, make_base, remove_base);
}
