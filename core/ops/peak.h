/* core/ops/peak.h -- how fast this machine can multiply. Public header. */
#ifndef DS_CORE_OPS_PEAK_H
#define DS_CORE_OPS_PEAK_H

/* Runs `rounds` rounds of independent fused multiply-adds in registers, in the widest vectors
 * the machine has, on the calling thread; returns the number of floating-point operations
 * (two per multiply-add). *sink keeps the compiler honest. */
double ds_peak_work(long rounds, float *sink);

#endif
