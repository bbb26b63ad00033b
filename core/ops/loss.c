/* core/ops/loss.c -- softmax cross-entropy over a range of classes. See the header. */
#include "core/ops/loss.h"

#include <math.h>
#include <stddef.h>

double ds_loss_cross_entropy(float *dlogits, int *hits, const float *logits, const int *label,
                             int rows, int classes, int first, int count, double temperature,
                             double share)
{
    const double cool = 1.0 / temperature;
    double loss = 0;

    for (int r = 0; r < rows; r++) {
        const float *z = logits + (size_t)r * (size_t)classes + first;
        const int y = label[r] - first;
        double sum = 0, peak;
        int top = 0;

        for (int k = 1; k < count; k++)
            top = z[k] > z[top] ? k : top;
        peak = (double)z[top]; /* dlogits may be the logits themselves */
        for (int k = 0; k < count; k++)
            sum += exp(((double)z[k] - peak) * cool);
        /* cppcheck-suppress invalidFunctionArg ; the peak itself adds 1 */
        loss += log(sum) - ((double)z[y] - peak) * cool;
        *hits += top == y;
        for (int k = 0; dlogits && k < count; k++) {
            const double p = exp(((double)z[k] - peak) * cool) / sum;

            dlogits[(size_t)r * (size_t)classes + (size_t)(first + k)] =
                (float)((p - (k == y)) * cool * share);
        }
    }
    return loss;
}
