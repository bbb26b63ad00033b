/* tests/data/image_tool.c -- runs the picture functions on files, for check_images.py.
 *
 * One command a line on standard input; answers go to files, or to standard output:
 *
 *     decode FILE OUT                             "C H W" and the bytes, or "refused: ..."
 *     resize RAW C H W FILTER OH OW OUT           FILTER 0 bilinear, 1 bicubic
 *     box RAW C H W FILTER OH OW L T R B OUT
 *     floats RAW IH IW C OH OW FILTER ANTIALIAS A SY SX OUT
 *     op RAW C H W OP MAGNITUDE OUT
 *     magnitude OP BIN H W
 *     policy POLICY ROW
 *     recipe FILE CHANNELS SIZE STREAM INDEX OUT TEXT... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/image/recipe.h"

static void die(const char *what)
{
    fprintf(stderr, "image_tool: %s\n", what);
    exit(1);
}

static void *load(const char *path, size_t n)
{
    void *bytes = malloc(n ? n : 1);
    FILE *f = fopen(path, "rb");

    if (!f || !bytes || fread(bytes, 1, n, f) != n)
        die(path);
    fclose(f);
    return bytes;
}

static void save(const char *path, const char *head, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");

    if (!f || fputs(head, f) < 0 || fwrite(bytes, 1, n, f) != n || fclose(f))
        die(path);
}

static void save_picture(const char *path, const uint8_t *pixels, int c, int h, int w)
{
    char head[64];

    snprintf(head, sizeof head, "%d %d %d\n", c, h, w);
    save(path, head, pixels, (size_t)c * (size_t)h * (size_t)w);
}

static void decode(const char *args)
{
    char path[512], out[512];
    struct ds_picture p, shape;
    struct ds_err err = {0};

    if (sscanf(args, "%511s %511s", path, out) != 2)
        die(args);
    if (ds_picture_load(&p, path, &err)) {
        char head[1100];

        snprintf(head, sizeof head, "refused: %s\n", err.text);
        save(out, head, "", 0);
        return;
    }
    if (ds_picture_shape(&shape, path, &err) || shape.channels != p.channels ||
        shape.height != p.height || shape.width != p.width)
        die("the shape is not that of the decoded picture");
    save_picture(out, p.pixels, p.channels, p.height, p.width);
    ds_picture_clear(&p);
}

static void resize(const char *args, int with_box)
{
    char path[512], out[512];
    int c, h, w, filter, oh, ow, n = 0;
    float box[4];
    struct ds_planes in;
    uint8_t *pixels, *to;
    void *scratch;

    if (sscanf(args, "%511s %d %d %d %d %d %d %n", path, &c, &h, &w, &filter, &oh, &ow, &n) < 7)
        die(args);
    args += n;
    if (with_box && sscanf(args, "%f %f %f %f %n", box, box + 1, box + 2, box + 3, &n) < 4)
        die(args);
    args += with_box ? n : 0;
    if (sscanf(args, "%511s", out) != 1)
        die(args);
    pixels = load(path, (size_t)(c * h) * (size_t)w);
    to = malloc((size_t)(c * oh) * (size_t)ow);
    scratch = malloc(ds_resize_scratch(h, w, oh, ow, (enum ds_filter)filter));
    if (!to || !scratch)
        die("out of memory");
    in = ds_planes_of(pixels, c, h, w);
    ds_resize(to, oh, ow, &in, with_box ? box : NULL, (enum ds_filter)filter, scratch);
    save_picture(out, to, c, oh, ow);
    free(pixels);
    free(to);
    free(scratch);
}

static void floats(const char *args)
{
    char path[512], out[512];
    int ih, iw, c, oh, ow, filter, antialias;
    struct ds_resize_how how = {0};
    struct ds_err err;
    float *in, *to;

    if (sscanf(args, "%511s %d %d %d %d %d %d %d %lf %lf %lf %511s", path, &ih, &iw, &c, &oh,
               &ow, &filter, &antialias, &how.a, &how.scale_y, &how.scale_x, out) != 12)
        die(args);
    how.filter = (enum ds_filter)filter;
    how.antialias = antialias;
    in = load(path, (size_t)(ih * iw * c) * sizeof *in);
    to = malloc((size_t)(oh * ow * c) * sizeof *to);
    if (!to || ds_resize_floats(to, oh, ow, in, ih, iw, c, &how, &err))
        die("floats");
    save(out, "", to, (size_t)(oh * ow * c) * sizeof *to);
    free(in);
    free(to);
}

static void apply_op(const char *args)
{
    char path[512], out[512];
    int c, h, w, op;
    double magnitude;
    uint8_t *in, *to;

    if (sscanf(args, "%511s %d %d %d %d %lf %511s", path, &c, &h, &w, &op, &magnitude, out) !=
        7)
        die(args);
    in = load(path, (size_t)(c * h) * (size_t)w);
    to = malloc((size_t)(c * h) * (size_t)w);
    if (!to)
        die("out of memory");
    ds_op_apply(to, in, c, h, w, (enum ds_op)op, magnitude);
    save_picture(out, to, c, h, w);
    free(in);
    free(to);
}

static void recipe(const char *args)
{
    char path[512], out[512];
    int channels, size, h, w, n = 0;
    unsigned long long stream, index;
    struct ds_room room = {0};
    struct ds_recipe r;
    struct ds_picture p;
    struct ds_err err;
    uint8_t *to;

    if (sscanf(args, "%511s %d %d %llu %llu %511s %n", path, &channels, &size, &stream, &index,
               out, &n) < 6)
        die(args);
    if (ds_recipe_parse(&r, args + n, size, &err) || ds_picture_load(&p, path, &err))
        die(err.text);
    h = p.height;
    w = p.width;
    if (ds_recipe_shape(&r, &h, &w, &err))
        die(err.text);
    to = malloc((size_t)(channels * h) * (size_t)w);
    if (!to || ds_recipe_apply(to, &r, &p, channels, stream, index, &room, &err))
        die("recipe");
    save_picture(out, to, channels, h, w);
    ds_room_clear(&room);
    ds_picture_clear(&p);
    free(to);
}

static void tables(const char *word, const char *args)
{
    int a, b, h, w;

    if (!strcmp(word, "magnitude") && sscanf(args, "%d %d %d %d", &a, &b, &h, &w) == 4) {
        printf("%.17g\n", ds_op_magnitude((enum ds_op)a, b, h, w));
    } else if (!strcmp(word, "policy") && sscanf(args, "%d %d", &a, &b) == 2) {
        const struct ds_policy_op *pair = ds_policy_row((enum ds_policy)a, b);

        printf("%d %.17g %d %d %.17g %d\n", pair[0].op, pair[0].chance, pair[0].bin, pair[1].op,
               pair[1].chance, pair[1].bin);
    } else {
        die(word);
    }
}

int main(void)
{
    char line[4096], word[32];
    int n;

    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%31s %n", word, &n) != 1)
            die(line);
        if (!strcmp(word, "decode"))
            decode(line + n);
        else if (!strcmp(word, "resize") || !strcmp(word, "box"))
            resize(line + n, word[0] == 'b');
        else if (!strcmp(word, "floats"))
            floats(line + n);
        else if (!strcmp(word, "op"))
            apply_op(line + n);
        else if (!strcmp(word, "recipe"))
            recipe(line + n);
        else
            tables(word, line + n);
    }
    return 0;
}
