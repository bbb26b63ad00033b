/* data/store/h5_worker.h -- HDF5 files are read in a process of their own. Public header.
 *
 * A checksum finds accidents; whoever means harm computes it, and libhdf5 1.10 can be made to
 * run wild. So a program may have every HDF5 file read by a child that can do nothing but
 * that: it has the file on fd 0 and a pipe on fd 1, no other file, no way to open one, limits
 * on memory and time, and on Linux (x86-64, arm64) a list of the few system calls it needs.
 * What it says is checked like a file. When it dies, the file is refused, and that is all.
 *
 *     main:       if (argc == 3 && !strcmp(argv[1], "h5-worker"))
 *                     return ds_h5_worker_run(argv[2]);
 *                 ds_h5_worker_use("/proc/self/exe", "h5-worker");
 *
 * Without ds_h5_worker_use, files are read in the calling process, through the same walk.
 *
 * Limits: address space of three times the file and 256 MiB, beyond what the program itself
 * takes; processor time of 1 s and 1 s more for every 8 MiB;
 * time by the clock of 60 s and 1 s more for every MiB, after which the child is ended. A
 * sanitizer needs more address space and calls, so programs built with one keep only the other
 * limits. */
#ifndef DS_DATA_STORE_H5_WORKER_H
#define DS_DATA_STORE_H5_WORKER_H

/* From now on `program command PATH` reads the HDF5 files of this process. Both texts must
 * outlive it. Before any thread starts; NULL: none. */
void ds_h5_worker_use(const char *program, const char *command);

/* The child: takes its limits upon itself, reads the HDF5 file that fd 0 is, says what is in
 * it on fd 1, and gives the exit code. `path` is for sentences only. */
int ds_h5_worker_run(const char *path);

#endif
