/* core/ops/patch.h -- cutting an image into patches. Public header.
 *
 * A convolution with kernel and stride p is a matrix product over rows of C p p pixels:
 * patch (i, j), row-major over the grid, channel by channel, as timm's patch_embed.proj.
 * rows [B][P][C p p], images [B][C][height][width]. */
#ifndef DS_CORE_OPS_PATCH_H
#define DS_CORE_OPS_PATCH_H

void ds_patch_rows(float *rows, const float *images, int batch, int channels, int height,
                   int width, int patch);

#endif
