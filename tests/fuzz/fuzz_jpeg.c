/* tests/fuzz/fuzz_jpeg.c -- damaged JPEG files: decoded, or refused in one sentence. What is
 * decoded must have the shape that its markers promised. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include "data/image/jpeg.h"
#include "data/image/picture.h"
#include "data/image/view_int.h"
#include "tests/data/jpeg_help.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct ds_view view = {.bytes = bytes, .size = n};
    struct ds_picture p, shape;
    struct ds_err err = {0};
    int orientation;

    if (ds_jpeg_decode(&p, bytes, n, "fuzz.jpg", &err)) {
        ds_fuzz_refused(&err);
        if (p.pixels)
            abort();
        return 0;
    }
    if (ds_jpeg_shape(&shape, &orientation, &view, "fuzz.jpg", &err) ||
        shape.channels != p.channels || shape.height != p.height || shape.width != p.width)
        abort();
    ds_picture_clear(&p);
    return 0;
}

size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    static const struct jpeg_look looks[] = {
        {.width = 9, .height = 6, .components = 1},
        {.width = 33, .height = 18, .components = 3},
        {.width = 17, .height = 25, .components = 3, .progressive = 1},
        {.width = 12, .height = 9, .components = 4},
        {.width = 12, .height = 9, .components = 4, .ycck = 1, .progressive = 1},
        {.width = 40, .height = 8, .components = 3, .restart = 1, .orientation = 6},
        {.width = 8, .height = 31, .components = 1, .progressive = 1, .orientation = 3},
        {.width = 16, .height = 16, .components = 1, .scans = 90},
    };
    struct jpeg_file f;

    if (i >= (int)(sizeof looks / sizeof *looks))
        return 0;
    f = jpeg_encode(&looks[i]);
    if (f.n > room)
        abort();
    memcpy(out, f.bytes, f.n);
    free(f.bytes);
    return f.n;
}
