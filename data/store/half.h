/* data/store/half.h -- 16-bit floats as bits. Public header.
 *
 * Half is IEEE 754 binary16 (1 sign, 5 exponent, 10 mantissa bits), bf16 the upper half of a
 * binary32. Only integer arithmetic, so that a processor set to flush denormals to zero
 * gives the same bits. To 16 bits: round to nearest, ties to even; too large is infinite;
 * a NaN stays a (quiet) NaN. To float: exact. */
#ifndef DS_DATA_STORE_HALF_H
#define DS_DATA_STORE_HALF_H

#include <stdint.h>

uint16_t ds_half_from_float(float x);
float ds_float_from_half(uint16_t half);
uint16_t ds_bf16_from_float(float x);
float ds_float_from_bf16(uint16_t bf16);

#endif
