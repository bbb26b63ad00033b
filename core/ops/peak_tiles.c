/* core/ops/peak_tiles.c -- how fast AMX tiles multiply when the second-level cache feeds them.
 * See peak.h.
 *
 * A block of the result is 2 x 2 tiles, the most that eight tile registers allow (four results,
 * two of each operand), so that every tile loaded is used twice. Tiles lie in memory in the
 * order in which they are loaded, 1 KB each: no packing, no strides, nothing but the cache. */
#include "core/ops/peak.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#include <stdint.h>
#include "core/ops/cpu.h"

enum {
    TILE = 1024,
    ROW = 64,
    PAIRS = 8,
    DEEP = 24
};                                /* 8 x 32 rows (columns), 24 x 32 along k */
enum { PANEL = DEEP * 2 * TILE }; /* bytes of a pair of tiles along all of k */

/* The layout of LDTILECFG: palette 1, then bytes per row and rows of each register. */
__attribute__((target("amx-tile"))) static void configure(void)
{
    struct {
        uint8_t palette, start, reserved[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } all = {.palette = 1};

    for (int t = 0; t < 8; t++) {
        all.bytes[t] = ROW;
        all.rows[t] = TILE / ROW;
    }
    __asm__ volatile("ldtilecfg %0" : : "m"(all));
}

/* One pair of panels, registers 0-3 the result, 4 and 5 left, 6 and 7 right. */
__attribute__((target("amx-tile,amx-bf16"))) static void block(char *out, const char *left,
                                                               const char *right)
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int k = 0; k < DEEP; k++, left += 2 * TILE, right += 2 * TILE) {
        _tile_loadd(4, left, ROW);
        _tile_loadd(5, left + TILE, ROW);
        _tile_loadd(6, right, ROW);
        _tile_loadd(7, right + TILE, ROW);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, out, ROW);
    _tile_stored(1, out + TILE, ROW);
    _tile_stored(2, out + 2 * TILE, ROW);
    _tile_stored(3, out + 3 * TILE, ROW);
}

__attribute__((target("amx-tile"))) double ds_peak_tiles(long rounds, void *room)
{
    const char *left = room, *right = left + PAIRS * PANEL;
    char *out = (char *)room + 2 * PAIRS * PANEL;

    if (ds_cpu() < DS_CPU_AMX)
        return 0;
    configure();
    for (long r = 0; r < rounds; r++)
        for (int i = 0; i < PAIRS * PAIRS; i++)
            block(out, left + i / PAIRS * PANEL, right + i % PAIRS * PANEL);
    _tile_release();
    return 2.0 * 256 * 256 * 768 * (double)rounds;
}
#else
double ds_peak_tiles(long rounds, void *room)
{
    (void)rounds, (void)room;
    return 0;
}
#endif
