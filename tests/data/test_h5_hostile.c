/* tests/data/test_h5_hostile.c -- HDF5 files with a right checksum that must be refused.
 *
 * They are built with libhdf5 itself and sealed like ours, so that length and checksum are
 * right and the walk has to find them out: here, and in a child that this program is itself. */
#define _GNU_SOURCE
#include "h5_made.h"

#include <sys/resource.h>

#include "data/store/h5_worker.h"

static const float four_floats[4] = {1, 2, 3, 4};
static const hsize_t four_dims[] = {4}, no_dims = 0;

static void add_floats(hid_t file, const char *name, hid_t how)
{
    const hid_t set = add_set(file, name, H5T_IEEE_F32LE, 1, four_dims, how);

    assert_true(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, four_floats) >=
                0);
    H5Dclose(set);
}

static void make_soft(hid_t file)
{
    add_floats(file, "a", H5P_DEFAULT);
    H5Lcreate_soft("/a", file, "b", H5P_DEFAULT, H5P_DEFAULT);
}

static void make_external_link(hid_t file)
{
    H5Lcreate_external("/etc/passwd", "/x", file, "b", H5P_DEFAULT, H5P_DEFAULT);
}

static void make_second_name(hid_t file)
{
    add_floats(file, "a", H5P_DEFAULT);
    H5Lcreate_hard(file, "a", file, "b", H5P_DEFAULT, H5P_DEFAULT);
}

static void make_circle(hid_t file)
{
    const hid_t group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    H5Lcreate_hard(file, "g", group, "again", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(group);
}

static void make_root_circle(hid_t file)
{
    H5Lcreate_hard(file, "/", file, "root", H5P_DEFAULT, H5P_DEFAULT);
}

static void make_external_storage(hid_t file)
{
    const hid_t how = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t dims[] = {16};

    H5Pset_external(how, "/etc/passwd", 0, 16);
    H5Dclose(add_set(file, "secret", H5T_STD_U8LE, 1, dims, how));
    H5Pclose(how);
}

static void make_virtual(hid_t file)
{
    const hid_t how = H5Pcreate(H5P_DATASET_CREATE),
                space = H5Screate_simple(1, four_dims, NULL);

    H5Pset_virtual(how, space, "/tmp/other.h5", "x", space);
    H5Dclose(add_set(file, "far", H5T_IEEE_F32LE, 1, four_dims, how));
    H5Sclose(space);
    H5Pclose(how);
}

static void make_scale_offset(hid_t file)
{
    const hid_t how = chunked(4);

    H5Pset_scaleoffset(how, H5Z_SO_FLOAT_DSCALE, 2);
    add_floats(file, "packed", how);
    H5Pclose(how);
}

static void make_two_deflates(hid_t file)
{
    const hid_t how = chunked(4);

    H5Pset_deflate(how, 1);
    H5Pset_deflate(how, 1);
    add_floats(file, "twice", how);
    H5Pclose(how);
}

/* 2^40 floats of which nothing is stored. */
static void make_void(hid_t file)
{
    const hid_t how = chunked(1 << 20);
    const hsize_t dims[] = {(hsize_t)1 << 40};

    H5Dclose(add_set(file, "void", H5T_IEEE_F32LE, 1, dims, how));
    H5Pclose(how);
}

/* A few bytes of deflate that are 400 MB of zeros: beyond what the file can hold. */
static void make_bomb(hid_t file)
{
    const hid_t how = chunked((hsize_t)100 << 20);
    const hsize_t dims[] = {(hsize_t)400 << 20};

    H5Pset_deflate(how, 9);
    H5Pset_alloc_time(how, H5D_ALLOC_TIME_INCR);
    H5Dclose(add_set(file, "bomb", H5T_STD_U8LE, 1, dims, how));
    H5Pclose(how);
}

static void make_compound(hid_t file)
{
    const hid_t type = H5Tcreate(H5T_COMPOUND, 8);

    H5Tinsert(type, "a", 0, H5T_NATIVE_INT);
    H5Tinsert(type, "b", 4, H5T_NATIVE_INT);
    H5Dclose(add_set(file, "pair", type, 1, four_dims, H5P_DEFAULT));
    H5Tclose(type);
}

static void make_big_endian(hid_t file)
{
    H5Dclose(add_set(file, "be", H5T_IEEE_F32BE, 1, four_dims, H5P_DEFAULT));
}

static void make_named_type(hid_t file)
{
    const hid_t type = H5Tcopy(H5T_IEEE_F32LE);

    H5Tcommit2(file, "type", type, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Tclose(type);
}

static void make_named_in_use(hid_t file)
{
    const hid_t type = H5Tcopy(H5T_IEEE_F32LE);

    H5Tcommit_anon(file, type, H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(add_set(file, "named", type, 1, four_dims, H5P_DEFAULT));
    H5Tclose(type);
}

static void make_rank_nine(hid_t file)
{
    const hsize_t dims[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};

    H5Dclose(add_set(file, "nine", H5T_IEEE_F32LE, 9, dims, H5P_DEFAULT));
}

static void make_null_space(hid_t file)
{
    const hid_t space = H5Screate(H5S_NULL);

    H5Dclose(
        H5Dcreate2(file, "null", H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
}

static void make_deep(hid_t file)
{
    const hid_t link = H5Pcreate(H5P_LINK_CREATE);

    H5Pset_create_intermediate_group(link, 1);
    H5Gclose(H5Gcreate2(file, "1/2/3/4/5/6/7/8/9", link, H5P_DEFAULT, H5P_DEFAULT));
    H5Pclose(link);
}

static void make_control_name(hid_t file)
{
    add_floats(file, "a\x1b[2J", H5P_DEFAULT);
}

static void make_dots(hid_t file)
{
    add_floats(file, "..", H5P_DEFAULT);
}

static void make_odd_note(hid_t file)
{
    add_attribute(file, "odd", H5T_STD_I16LE, 0, 1, NULL);
}

static void make_list_note(hid_t file)
{
    const int64_t two[] = {1, 2};

    add_attribute(file, "list", H5T_STD_I64LE, 1, 2, two);
}

static void make_false_label(hid_t file)
{
    const hid_t set = add_set(file, "a", H5T_IEEE_F32LE, 1, &no_dims, H5P_DEFAULT);

    add_attribute(set, "DIMENSION_LABELS", H5T_STD_I64LE, 0, 1, NULL);
    H5Dclose(set);
}

static void make_false_scale(hid_t file)
{
    const hid_t set = add_set(file, "a", H5T_IEEE_F32LE, 1, four_dims, H5P_DEFAULT);
    const hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ);
    hobj_ref_t nowhere = 123456;
    const hvl_t list = {1, &nowhere};

    H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, four_floats);
    add_attribute(set, "DIMENSION_LIST", type, 1, 1, &list);
    H5Tclose(type);
    H5Dclose(set);
}

static void make_lonely_name(hid_t file)
{
    const hid_t set = add_set(file, "a", H5T_IEEE_F32LE, 1, &no_dims, H5P_DEFAULT);

    add_attribute(set, "NAME", H5T_STD_I64LE, 0, 1, NULL);
    H5Dclose(set);
}

/* Chunks far larger than the data: the reader would take the memory of one. */
static void make_huge_chunk(hid_t file)
{
    const hid_t how = chunked((hsize_t)1 << 29);
    const hsize_t one = 1, most = H5S_UNLIMITED;
    const hid_t space = H5Screate_simple(1, &one, &most);

    H5Dclose(H5Dcreate2(file, "chunk", H5T_IEEE_F32LE, space, H5P_DEFAULT, how, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(how);
}

/* Of this process and of its children that ended. */
static double cpu_seconds(void)
{
    double sum = 0;

    for (int who = 0; who < 2; who++) {
        struct rusage used;

        getrusage(who ? RUSAGE_CHILDREN : RUSAGE_SELF, &used);
        sum += (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    }
    return sum;
}

static void hostile_files_are_refused(void **state)
{
    static const struct {
        maker *make;
        const char *says;
    } row[] = {
        {make_soft, "'b' is a soft link, which is never followed"},
        {make_external_link, "'b' is a link to another file, which is never followed"},
        {make_second_name, "has a second name"},
        {make_circle, "'g' has a second name"},
        {make_root_circle, "'root' has a second name"},
        {make_external_storage, "'secret' keeps its data in another file"},
        {make_virtual, "'far' is a virtual dataset"},
        {make_scale_offset, "'packed' is stored with the filter 6"},
        {make_two_deflates, "'twice' is stored with the same filter twice"},
        {make_void, "'void' is larger than what is stored of it"},
        {make_bomb, "'bomb' is larger than what is stored of it"},
        {make_huge_chunk, "'chunk' is larger than what is stored of it"},
        {make_compound, "'pair' has a type that is not stored here"},
        {make_big_endian, "'be' has a type that is not stored here"},
        {make_named_type, "'type' is neither a group nor a dataset"},
        {make_named_in_use, "'named' has a named type"},
        {make_rank_nine, "'nine' has more than 8 dimensions"},
        {make_null_space, "'null' has no shape"},
        {make_deep, "is deeper than 8 groups"},
        {make_control_name, "byte 1 of a name is 0x1b"},
        {make_dots, "has a part '..'"},
        {make_odd_note, "the note 'odd' of '/' has a type that is not stored here"},
        {make_list_note, "the note 'list' of '/' has a type that is not stored here"},
        {make_false_label, "'DIMENSION_LABELS' of 'a' is not one label per dimension"},
        {make_false_scale, "dimension 0 of 'a' has a scale that does not fit"},
        {make_lonely_name, "'NAME' of 'a' belongs to a dimension scale"},
    };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof row / sizeof *row; i++) {
        struct ds_bundle b = {0};
        struct ds_err err = {0};
        double start = cpu_seconds();
        int code;

        ds_h5_worker_use(i % 2 ? "/proc/self/exe" : NULL, "h5-worker");
        code = read_made(row[i / 2].make, &b, &err);
        assert_says(code, DS_DATA, &err, row[i / 2].says);
        assert_int_equal(b.count, 0);
        assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
        assert_true(cpu_seconds() - start < 2);
    }
    ds_h5_worker_use(NULL, NULL);
}

/* Refusing takes little memory, here and in the child; sanitizers take much of their own. */
static void memory_stays_small(void **state)
{
    struct rusage here, child;

    (void)state;
    getrusage(RUSAGE_SELF, &here);
    getrusage(RUSAGE_CHILDREN, &child);
    print_message("peak %ld kB here, %ld kB in a child\n", here.ru_maxrss, child.ru_maxrss);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_in_range(here.ru_maxrss, 1, 64 << 10);
    assert_in_range(child.ru_maxrss, 1, 64 << 10);
#endif
}

static void make_deflated(hid_t file)
{
    const hid_t how = chunked(3), edge = H5Pcreate(H5P_DATASET_CREATE);

    H5Pset_shuffle(how);
    H5Pset_deflate(how, 6);
    H5Pset_fletcher32(how);
    add_floats(file, "small", how);
    H5Pset_layout(edge, H5D_COMPACT);
    add_floats(file, "compact", edge);
    H5Pclose(edge);
    H5Pclose(how);
}

static void make_eight_deep(hid_t file)
{
    const hid_t link = H5Pcreate(H5P_LINK_CREATE);

    H5Pset_create_intermediate_group(link, 1);
    H5Gclose(H5Gcreate2(file, "1/2/3/4/5/6/7/8", link, H5P_DEFAULT, H5P_DEFAULT));
    H5Pclose(link);
}

static void eight_groups_deep_are_read(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err;

    (void)state;
    assert_good(read_made(make_eight_deep, &b, &err), &err);
    ds_bundle_clear(&b);
}

static void known_filters_are_read(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err;

    (void)state;
    assert_good(read_made(make_deflated, &b, &err), &err);
    assert_memory_equal(ds_bundle_lookup(&b, "small")->data, four_floats, sizeof four_floats);
    assert_memory_equal(ds_bundle_lookup(&b, "compact")->data, four_floats, sizeof four_floats);
    ds_bundle_clear(&b);
}

static int finish(void **state)
{
    H5close(); /* libhdf5 keeps pools of memory until then */
    return remove_folder(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_files_are_refused),
        cmocka_unit_test(memory_stays_small),
        cmocka_unit_test(eight_groups_deep_are_read),
        cmocka_unit_test(known_filters_are_read),
    };

    if (argc == 3 && !strcmp(argv[1], "h5-worker"))
        return ds_h5_worker_run(argv[2]);
    return cmocka_run_group_tests_name("h5 hostile", tests, make_folder, finish);
}
