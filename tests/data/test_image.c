/* tests/data/test_image.c -- turning, moving and scaling, against their definitions. */
#define _GNU_SOURCE
#include "tests/data/source_help.h"

#include <stdbool.h>

#include "data/image/augment.h"
#include "data/image/crop.h"
#include "data/image/transform.h"

static const int shapes[][3] = {{1, 1, 1}, {3, 5, 7}, {1, 28, 28},
                                {3, 1, 9}, {4, 6, 1}, {2, 3, 3}};
enum { SHAPES = sizeof shapes / sizeof *shapes, MOST = 3 * 28 * 28 };

static uint8_t in[MOST], out[MOST], back[MOST];

static int at(const int *s, int c, int y, int x)
{
    return (c * s[1] + y) * s[2] + x;
}

static void fill(void)
{
    for (int i = 0; i < MOST; i++)
        in[i] = (uint8_t)(1 + ds_rng_below(ds_rng_stream(1, "in"), (uint64_t)i, 255));
}

static void check_shift(const int *s, int dy, int dx)
{
    ds_image_shift(out, in, s[0], s[1], s[2], dy, dx);
    for (int c = 0; c < s[0]; c++)
        for (int y = 0; y < s[1]; y++)
            for (int x = 0; x < s[2]; x++) {
                const int inside = y + dy >= 0 && y + dy < s[1] && x + dx >= 0 && x + dx < s[2];

                assert_int_equal(out[at(s, c, y, x)],
                                 inside ? in[at(s, c, y + dy, x + dx)] : 0);
            }
}

static void shift_is_a_crop_of_the_padded_picture(void **state)
{
    (void)state;
    fill();
    for (int i = 0; i < SHAPES; i++)
        for (int dy = -9; dy <= 9; dy += 3)
            for (int dx = -9; dx <= 9; dx++)
                check_shift(shapes[i], dy, dx);
}

static void shift_by_nothing_is_the_picture(void **state)
{
    (void)state;
    fill();
    for (int i = 0; i < SHAPES; i++) {
        const int *s = shapes[i];

        ds_image_shift(out, in, s[0], s[1], s[2], 0, 0);
        assert_memory_equal(out, in, (size_t)(s[0] * s[1] * s[2]));
    }
}

static void flip_mirrors_columns(void **state)
{
    (void)state;
    fill();
    for (int i = 0; i < SHAPES; i++) {
        const int *s = shapes[i];

        ds_image_flip(out, in, s[0], s[1], s[2]);
        for (int c = 0; c < s[0]; c++)
            for (int y = 0; y < s[1]; y++)
                for (int x = 0; x < s[2]; x++)
                    assert_int_equal(out[at(s, c, y, x)], in[at(s, c, y, s[2] - 1 - x)]);
        ds_image_flip(back, out, s[0], s[1], s[2]);
        assert_memory_equal(back, in, (size_t)(s[0] * s[1] * s[2]));
    }
}

/* Beside the picture, around it, in it: what it does not have is black. */
static void a_window_may_lie_anywhere(void **state)
{
    (void)state;
    fill();
    for (int i = 0; i < SHAPES; i++)
        for (int top = -9; top <= 9; top += 3)
            for (int left = -9; left <= 9; left++) {
                const int *s = shapes[i];
                const struct ds_planes p = ds_planes_of(in, s[0], s[1], s[2]);
                const struct ds_window w = {top, left, 4, 5};
                const uint8_t *got = out;

                ds_crop_copy(out, &p, &w);
                for (int c = 0; c < s[0]; c++)
                    for (int y = top; y < top + 4; y++)
                        for (int x = left; x < left + 5; x++) {
                            const bool inside = y >= 0 && y < s[1] && x >= 0 && x < s[2];

                            assert_int_equal(*got++, inside ? in[at(s, c, y, x)] : 0);
                        }
            }
}

/* By nothing, all bits, beyond every threshold. */
static void operations_that_do_nothing(void **state)
{
    (void)state;
    fill();
    for (int channels = 1; channels <= 3; channels += 2) {
        const size_t n = (size_t)channels * 5 * 7;

        for (int op = DS_OP_SHEAR_X; op <= DS_OP_SOLARIZE; op++) {
            ds_op_apply(out, in, channels, 5, 7, (enum ds_op)op,
                        op == DS_OP_POSTERIZE  ? 8
                        : op == DS_OP_SOLARIZE ? 256
                                               : 0);
            assert_memory_equal(out, in, n);
        }
        ds_op_apply(out, in, channels, 5, 7, DS_OP_INVERT, 0);
        assert_int_equal(out[n - 1], 255 - in[n - 1]);
        ds_op_apply(back, out, channels, 5, 7, DS_OP_INVERT, 0);
        assert_memory_equal(back, in, n);
    }
}

static void policies_are_pairs_of_operations(void **state)
{
    (void)state;
    for (int policy = 0; policy < DS_POLICIES; policy++)
        for (int row = 0; row < 25; row++)
            for (int i = 0; i < 2; i++) {
                const struct ds_policy_op *o = ds_policy_row((enum ds_policy)policy, row) + i;

                assert_in_range(o->op, 0, DS_OPS - 1);
                assert_true(o->chance >= 0 && o->chance <= 1);
                assert_int_equal(o->bin == -1, o->op >= DS_OP_AUTO_CONTRAST);
                assert_in_range(o->bin + 1, 0, 10);
            }
}

/* Contrast and histogram of one value only; numbers of bits that there are not. */
static void operations_at_their_ends(void **state)
{
    static const uint8_t values[] = {0, 7, 255};
    uint8_t flat[12];

    (void)state;
    for (size_t i = 0; i < sizeof values; i++) {
        memset(flat, values[i], sizeof flat);
        ds_op_apply(out, flat, 1, 3, 4, DS_OP_AUTO_CONTRAST, 0);
        assert_memory_equal(out, flat, sizeof flat);
        ds_op_apply(out, flat, 1, 3, 4, DS_OP_EQUALIZE, 0);
        assert_memory_equal(out, flat, sizeof flat);
        ds_op_apply(out, flat, 1, 3, 4, DS_OP_SHARPNESS, 0.5);
        assert_memory_equal(out, flat, sizeof flat);
        ds_op_apply(out, flat, 1, 3, 4, DS_OP_POSTERIZE, 9);
        assert_memory_equal(out, flat, sizeof flat);
        ds_op_apply(out, flat, 1, 3, 4, DS_OP_POSTERIZE, -1);
        assert_int_equal(out[11], 0);
    }
}

/* numpy.rot90([[1, 2], [3, 4]]) is [[2, 4], [1, 3]]. */
static void turn_is_rot90(void **state)
{
    const uint8_t square[4] = {1, 2, 3, 4};
    const uint8_t turned[4][4] = {{1, 2, 3, 4}, {2, 4, 1, 3}, {4, 3, 2, 1}, {3, 1, 4, 2}};

    (void)state;
    for (int k = -4; k < 8; k++) {
        ds_image_turn(out, square, 1, 2, k);
        assert_memory_equal(out, turned[k & 3], 4);
    }
}

static void turns_add_up(void **state)
{
    (void)state;
    fill();
    for (int side = 1; side <= 9; side += 2)
        for (int a = 0; a < 4; a++)
            for (int b = 0; b < 4; b++) {
                uint8_t both[3 * 9 * 9];

                ds_image_turn(out, in, 3, side, a);
                ds_image_turn(back, out, 3, side, b);
                ds_image_turn(both, in, 3, side, a + b);
                assert_memory_equal(back, both, (size_t)(3 * side * side));
            }
}

static void scale_is_the_formula_rounded_once(void **state)
{
    const double mean[3] = {0.5, 0.4914, 0}, std[3] = {0.5, 0.2470, 3};
    uint8_t bytes[3 * 256];
    float scaled[3 * 256];
    struct ds_pixel_scale scale;

    (void)state;
    for (int i = 0; i < 3 * 256; i++)
        bytes[i] = (uint8_t)i;
    ds_scale_init(&scale, 3, mean, std);
    ds_scale_apply(&scale, scaled, bytes, 3, 256);
    for (int c = 0; c < 3; c++)
        for (int v = 0; v < 256; v++)
            assert_true(scaled[c * 256 + v] == (float)((v / 255.0 - mean[c]) / std[c]));
    assert_true(scaled[0] == -1 && scaled[255] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shift_is_a_crop_of_the_padded_picture),
        cmocka_unit_test(shift_by_nothing_is_the_picture),
        cmocka_unit_test(flip_mirrors_columns),
        cmocka_unit_test(a_window_may_lie_anywhere),
        cmocka_unit_test(operations_that_do_nothing),
        cmocka_unit_test(policies_are_pairs_of_operations),
        cmocka_unit_test(operations_at_their_ends),
        cmocka_unit_test(turn_is_rot90),
        cmocka_unit_test(turns_add_up),
        cmocka_unit_test(scale_is_the_formula_rounded_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
