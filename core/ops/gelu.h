/* core/ops/gelu.h -- the exact GELU, with its bias in front. Public header.
 *
 *     y = x Phi(x),   dy/dx = Phi(x) + x phi(x)
 *
 * Phi is the normal distribution, through erfc by formula 7.1.26 of Abramowitz & Stegun (|error|
 * < 7.5e-8; in floats y is within 3.5e-7 |x| and dy/dx within 4e-7, tested over all of them).
 * exp(-x^2/2) in it is also phi, so the derivative is nearly free. The forward pass therefore
 * leaves it where it found x: the way back is one multiplication. */
#ifndef DS_CORE_OPS_GELU_H
#define DS_CORE_OPS_GELU_H

/* x [rows][n] in: pre-activation without bias; out: dy/dx. y [rows][n]. bias [n]. */
void ds_gelu_forward(float *y, float *x, const float *bias, int rows, int n);

/* The same without the derivative: x is left alone, y may be x. */
void ds_gelu_infer(float *y, const float *x, const float *bias, int rows, int n);

/* dy [count] *= slope [count] */
void ds_gelu_backward(float *dy, const float *slope, int rows, int n);

#endif
