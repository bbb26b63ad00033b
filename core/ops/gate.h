/* core/ops/gate.h -- the gate of a SwiGLU MLP, with the bias in front. Public header.
 *
 *     y = silu(a) b,   silu(a) = a s,   s = sigmoid(a)
 *     da = dy b (s + a s (1 - s)),   db = dy silu(a)
 *
 * (Shazeer 2020, arXiv 2002.05202.) a and b are the two halves of a row; the forward pass
 * leaves both derivatives in their places. */
#ifndef DS_CORE_OPS_GATE_H
#define DS_CORE_OPS_GATE_H

/* x [rows][2n] in: [a b] without bias; out: [dy/da dy/db]. y [rows][n]. bias [2n]. */
void ds_gate_forward(float *y, float *x, const float *bias, int rows, int n);

/* The same without the derivatives; y [rows][n] may begin where x does. */
void ds_gate_infer(float *y, const float *x, const float *bias, int rows, int n);

/* d [rows][2n] in: dy in the first half of every row; out: [da db]. slope: as left by forward.
 */
void ds_gate_backward(float *d, const float *slope, int rows, int n);

#endif
