/* data/image/op_table.c -- one new value for each old one. See augment.h.
 *
 * Pillow's ImageOps: posterize, solarize, autocontrast, equalize, invert. */
#include "data/image/op_int.h"

#include <math.h>

static void look_up(const struct ds_op_job *j, int channel, const uint8_t table[256])
{
    const size_t area = ds_op_area(j), from = (size_t)channel * area;

    for (size_t i = from; i < from + area; i++)
        j->out[i] = table[j->in[i]];
}

static void count(uint32_t of[256], const struct ds_op_job *j, int channel)
{
    const uint8_t *in = j->in + (size_t)channel * ds_op_area(j);

    for (int v = 0; v < 256; v++)
        of[v] = 0;
    for (size_t i = 0; i < ds_op_area(j); i++)
        of[in[i]]++;
}

/* Keeps the upper bits. */
void ds_op_posterize(const struct ds_op_job *j)
{
    const int bits = j->magnitude < 0 ? 0 : j->magnitude > 8 ? 8 : (int)j->magnitude;
    const int mask = 256 - (1 << (8 - bits));
    uint8_t table[256];

    for (int v = 0; v < 256; v++)
        table[v] = (uint8_t)(v & mask);
    for (int c = 0; c < j->channels; c++)
        look_up(j, c, table);
}

/* Inverts what is not below the threshold. */
void ds_op_solarize(const struct ds_op_job *j)
{
    uint8_t table[256];

    for (int v = 0; v < 256; v++)
        table[v] = (uint8_t)(v < j->magnitude ? v : 255 - v);
    for (int c = 0; c < j->channels; c++)
        look_up(j, c, table);
}

void ds_op_invert(const struct ds_op_job *j)
{
    uint8_t table[256];

    for (int v = 0; v < 256; v++)
        table[v] = (uint8_t)(255 - v);
    for (int c = 0; c < j->channels; c++)
        look_up(j, c, table);
}

/* Spreads the darkest to the lightest value over 0..255. */
void ds_op_auto_contrast(const struct ds_op_job *j)
{
    for (int c = 0; c < j->channels; c++) {
        uint32_t of[256];
        uint8_t table[256];
        int low = 0, high = 255;

        count(of, j, c);
        while (low < 255 && !of[low])
            low++;
        while (high > 0 && !of[high])
            high--;
        for (int v = 0; v < 256; v++) {
            const double scale = high > low ? 255.0 / (high - low) : 1.0;
            const double w = high > low ? trunc(v * scale + -low * scale) : v;

            table[v] = (uint8_t)(w < 0 ? 0 : w > 255 ? 255 : w);
        }
        look_up(j, c, table);
    }
}

/* Spreads the values so that each is about as frequent as any other. */
void ds_op_equalize(const struct ds_op_job *j)
{
    for (int c = 0; c < j->channels; c++) {
        uint32_t of[256], step, sum = 0;
        uint8_t table[256];
        int last = 255;

        count(of, j, c);
        while (last > 0 && !of[last])
            last--;
        step = ((uint32_t)ds_op_area(j) - of[last]) / 255;
        sum = step / 2;
        for (int v = 0; v < 256; v++) {
            const uint32_t w = step ? sum / step : (uint32_t)v;

            table[v] = (uint8_t)(w > 255 ? 255u : w);
            sum += of[v];
        }
        look_up(j, c, table);
    }
}
