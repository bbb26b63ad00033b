/* data/store/h5_image.c -- HDF5 files that are memory. See h5_int.h.
 *
 * HDF5's core driver keeps a file in memory, and its image callbacks say where. Writing, we
 * keep the memory when the driver frees it at closing: H5Fget_file_image would return a copy
 * with wrong checksums (superblock version 2 and 3, libhdf5 1.10.8). Reading, every copy
 * the library wants to make is the original. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "data/store/file.h"
#include "data/store/h5_int.h"

/* The superblock, version 2 and 3: signature 8, four bytes, base address 8, extension 8,
 * end of file 8. */
enum { SUPERBLOCK_AT = DS_H5_BLOCK, END_AT = SUPERBLOCK_AT + 28 };

enum { HUGE_PAGE = 1 << 21, CACHE = 1 << 20 };
_Static_assert(HUGE_PAGE % DS_FILE_BLOCK == 0, "images are written without a copy");

void ds_h5_quiet(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5PLset_loading_state(0);
}

/* libhdf5 looks at the disk for a file of that name, and takes two open files of one name
 * for the same: so no such path can exist, and no two are alike. */
static void unique_name(char *name, size_t size)
{
    static atomic_uint counter;

    snprintf(name, size, "/dev/null/driftscope-%u", atomic_fetch_add(&counter, 1));
}

static void *same_user_data(void *image)
{
    return image;
}

static herr_t forget_user_data(void *image)
{
    (void)image;
    return 0;
}

/* Large ones begin where files can be written from without a copy, and in huge pages where the
 * machine has them: half of what a save took was the kernel handing out small ones. */
static void *allocate(size_t size)
{
    const size_t pages = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *block;

    if (size < HUGE_PAGE)
        return malloc(size);
    if ((block = aligned_alloc(HUGE_PAGE, pages)))
        madvise(block, pages, MADV_HUGEPAGE);
    return block;
}

static void *grow(void *old, size_t size, H5FD_file_image_op_t why, void *with)
{
    struct ds_h5_image *image = with;
    void *grown = allocate(size);

    (void)why;
    if (!grown) {
        image->starved = true;
        return NULL;
    }
    if (old)
        memcpy(grown, old, image->room < size ? image->room : size);
    free(old);
    image->room = size;
    return grown;
}

static herr_t keep(void *bytes, H5FD_file_image_op_t why, void *with)
{
    struct ds_h5_image *image = with;

    (void)why;
    image->bytes = bytes;
    return 0;
}

hid_t ds_h5_image_create(struct ds_h5_image *image, size_t step)
{
    /* No image to begin with, so none is allocated or copied for one. */
    H5FD_file_image_callbacks_t calls = {.image_realloc = grow,
                                         .image_free = keep,
                                         .udata_copy = same_user_data,
                                         .udata_free = forget_user_data,
                                         .udata = image};
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS), create = H5Pcreate(H5P_FILE_CREATE);
    hid_t file = H5I_INVALID_HID;
    char name[64];

    *image = (struct ds_h5_image){0};
    unique_name(name, sizeof name);
    if (H5Pset_fapl_core(access, step, 0) >= 0 &&
        H5Pset_file_image_callbacks(access, &calls) >= 0 &&
        H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110) >= 0 &&
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
        H5Pset_userblock(create, DS_H5_BLOCK) >= 0 && H5Pset_obj_track_times(create, 0) >= 0)
        file = H5Fcreate(name, H5F_ACC_TRUNC, create, access);
    H5Pclose(create);
    H5Pclose(access);
    return file;
}

size_t ds_h5_image_length(const struct ds_h5_image *image)
{
    uint64_t length = 0;

    if (!image->bytes || image->room < END_AT + 8)
        return 0;
    for (int i = 0; i < 8; i++)
        length |= (uint64_t)image->bytes[END_AT + i] << (8 * i);
    return length > SUPERBLOCK_AT && length <= image->room ? (size_t)length : 0;
}

/* Here the user data is the bytes themselves. */
static void *lend(size_t size, H5FD_file_image_op_t why, void *bytes)
{
    (void)size;
    (void)why;
    return bytes;
}

static void *copy_nothing(void *to, const void *from, size_t n, H5FD_file_image_op_t why,
                          void *with)
{
    (void)n;
    (void)why;
    (void)with;
    return to == from ? to : NULL;
}

static void *refuse_to_grow(void *old, size_t size, H5FD_file_image_op_t why, void *with)
{
    (void)old;
    (void)size;
    (void)why;
    (void)with;
    return NULL;
}

static herr_t free_nothing(void *bytes, H5FD_file_image_op_t why, void *with)
{
    (void)bytes;
    (void)why;
    (void)with;
    return 0;
}

/* What libhdf5 keeps of a file's structure takes several times the bytes it counts; reading it
 * again costs little where the file is memory. */
static bool keep_little(hid_t access)
{
    H5AC_cache_config_t config = {.version = H5AC__CURR_CACHE_CONFIG_VERSION};

    if (H5Pget_mdc_config(access, &config) < 0)
        return false;
    config.set_initial_size = true;
    config.initial_size = config.min_size = config.max_size = CACHE;
    config.incr_mode = H5C_incr__off;
    config.flash_incr_mode = H5C_flash_incr__off;
    config.decr_mode = H5C_decr__off;
    return H5Pset_mdc_config(access, &config) >= 0;
}

hid_t ds_h5_image_open(const unsigned char *bytes, size_t n)
{
    H5FD_file_image_callbacks_t calls = {.image_malloc = lend,
                                         .image_memcpy = copy_nothing,
                                         .image_realloc = refuse_to_grow,
                                         .image_free = free_nothing,
                                         .udata_copy = same_user_data,
                                         .udata_free = forget_user_data,
                                         .udata = (void *)bytes};
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t file = H5I_INVALID_HID;
    char name[64];

    unique_name(name, sizeof name);
    if (H5Pset_fapl_core(access, 1 << 16, 0) >= 0 &&
        H5Pset_file_image_callbacks(access, &calls) >= 0 &&
        H5Pset_file_image(access, (void *)bytes, n) >= 0 && keep_little(access) &&
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0)
        file = H5Fopen(name, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    return file;
}
