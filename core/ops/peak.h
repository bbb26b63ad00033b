/* core/ops/peak.h -- how fast this machine can multiply. Public header.
 *
 * Loops that do nothing else, on the calling thread; whoever measures has the clock. */
#ifndef DS_CORE_OPS_PEAK_H
#define DS_CORE_OPS_PEAK_H

#include <stddef.h>

/* Runs `rounds` rounds of independent fused multiply-adds in registers, in the widest vectors
 * that may run (core/ops/cpu.h); returns the number of floating-point operations (two per
 * multiply-add). *sink keeps the compiler honest. */
double ds_peak_work(long rounds, float *sink);

/* Bytes of memory that one thread of ds_peak_tiles works in, 64-byte aligned, zeroed. They fit
 * in a second-level cache of 1 MB: what is measured is what a blocked matrix product can reach.
 */
enum { DS_PEAK_ROOM = 2 * 256 * 768 * 2 + 4 * 1024 };

/* Runs `rounds` products of bf16 matrices [256][768] [768][256] by AMX tiles, both packed in
 * `room`; returns the number of operations, 0 where there are none. */
double ds_peak_tiles(long rounds, void *room);

#endif
