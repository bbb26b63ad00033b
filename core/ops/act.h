/* core/ops/act.h -- the activations of an MLP, with the bias in front. Public header.
 *
 *     gelu        y = x Phi(x)                                              core/ops/gelu.h
 *     tanh gelu   y = x (1 + tanh u) / 2,  u = sqrt(2/pi) (x + 0.044715 x^3)
 *     quick gelu  y = x sigmoid(1.702 x)                                    OpenAI's CLIP
 *
 * (Hendrycks & Gimpel 2016, arXiv 1606.08415.) As (1 + tanh u) / 2 = sigmoid(2u), the last two
 * are both x s with s = sigmoid(z), and dy/dx = s + x s (1 - s) dz/dx. As in gelu.h the forward
 * pass leaves the derivative where it found x, and ds_gelu_backward is the way back of all. */
#ifndef DS_CORE_OPS_ACT_H
#define DS_CORE_OPS_ACT_H

enum ds_act { DS_ACT_GELU, DS_ACT_GELU_TANH, DS_ACT_QUICK_GELU, DS_ACTS };

/* x [rows][n] in: pre-activation without bias; out: dy/dx. y [rows][n]. bias [n]. */
void ds_act_forward(enum ds_act act, float *y, float *x, const float *bias, int rows, int n);

/* The same without the derivative: x is left alone, y may be x. */
void ds_act_infer(enum ds_act act, float *y, const float *x, const float *bias, int rows,
                  int n);

#endif
