/* tests/fault/pictures.c -- the way of pictures: gathered, looked at, decoded, made ready for a
 * network, and written as JPEG.
 *
 * A target for tests/fuzz/failing.c, with a picture for input, which is there twice. */
#include <stdlib.h>
#include <string.h>

#include "data/image/gather.h"
#include "data/image/picture.h"
#include "data/image/recipe.h"
#include "data/image/write_jpeg.h"
#include "tests/data/jpeg_help.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"

enum { SIDE = 8, COMMENT = 5000 };

static int prepare(const char *path, struct ds_err *err)
{
    struct ds_picture shape, p = {0};
    struct ds_recipe recipe;
    struct ds_room room = {0};
    uint8_t out[3 * SIDE * SIDE];
    unsigned char *jpeg = NULL;
    size_t n;
    int code = ds_picture_shape(&shape, path, err);

    code = code ? code : ds_picture_load(&p, path, err);
    if (!code && (p.height != shape.height || p.width != shape.width))
        abort();
    code = code ? code : ds_recipe_parse(&recipe, "resize sizexsize bicubic", SIDE, err);
    code = code ? code : ds_recipe_apply(out, &recipe, &p, 3, 0, 0, &room, err);
    code = code ? code : ds_jpeg_encode(&jpeg, &n, out, SIDE, SIDE, 90, err);
    free(jpeg);
    ds_room_clear(&room);
    ds_picture_clear(&p);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *folder = (char *)(uintptr_t)ds_fuzz_folder();
    struct ds_gathered g;
    struct ds_err err = {0};

    ds_fuzz_put("a.jpg", bytes, n);
    ds_fuzz_put("b.jpg", bytes, n);
    if (ds_gather(&g, &folder, 1, &err))
        ds_fuzz_refused(&err);
    else if (g.count != 2)
        abort();
    for (int i = 0; !err.code && i < g.count; i++)
        if (prepare(g.path[i], &err))
            ds_fuzz_refused(&err);
    ds_gather_clear(&g);
    return 0;
}

/* A picture that must be turned, and the same behind a comment longer than one look. */
size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    const struct jpeg_look look = {.width = 20, .height = 9, .components = 3, .orientation = 6};
    struct jpeg_file f = jpeg_encode(&look);
    const size_t comment = i ? 2 + COMMENT : 0, n = f.n + comment;

    if (i > 1 || n > room) {
        free(f.bytes);
        return 0;
    }
    memset(out, ' ', n);
    memcpy(out, f.bytes, 2);
    memcpy(out + 2, (const uint8_t[]){0xff, 0xfe, COMMENT >> 8, COMMENT & 255}, 4);
    memcpy(out + 2 + comment, f.bytes + 2, f.n - 2);
    free(f.bytes);
    return n;
}
