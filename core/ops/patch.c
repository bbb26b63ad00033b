/* core/ops/patch.c -- cutting an image into patches. See the header. */
#include "core/ops/patch.h"

#include <stddef.h>
#include <string.h>

void ds_patch_rows(float *rows, const float *images, int batch, int channels, int height,
                   int width, int patch)
{
    const size_t line = (size_t)patch * sizeof *rows;

    for (int b = 0; b < batch; b++, images += (size_t)channels * (size_t)height * (size_t)width)
        for (int i = 0; i < height; i += patch)
            for (int j = 0; j < width; j += patch)
                for (int c = 0; c < channels; c++)
                    for (int y = 0; y < patch; y++, rows += patch)
                        memcpy(rows,
                               images + ((size_t)c * (size_t)height + (size_t)(i + y)) *
                                            (size_t)width + j,
                               line);
}
