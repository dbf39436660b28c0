#ifndef SPOOL_CLINUX_SHIM_H
#define SPOOL_CLINUX_SHIM_H
/* What Linux has and Swift's Glibc module has not: glibc declares it for _GNU_SOURCE only, and renameat2 and fcntl are
   reached through variadic functions. <fcntl.h> is not included, because its macros would then exist twice in Swift.
   Numbers: include/uapi/linux/fs.h, include/uapi/linux/fcntl.h and asm-generic/fcntl.h of the kernel. */
#include <malloc.h>
#include <sys/syscall.h>
#include <unistd.h>

/* renameat2(2) with RENAME_NOREPLACE: fails with EEXIST instead of replacing what is at the target. */
static inline int spool_rename_noreplace(const char *source, const char *target) {
    const int at_fdcwd = -100;
    const unsigned int rename_noreplace = 1;
    return (int)syscall(SYS_renameat2, at_fdcwd, source, at_fdcwd, target, rename_noreplace);
}

/* mallopt(3): the most arenas of malloc, 0 when that was refused. */
static inline int spool_limit_arenas(int count) {
    return mallopt(M_ARENA_MAX, count);
}

/* Commands of fcntl(2). */
static const int spool_F_SETSIG = 10;
static const int spool_F_SETLEASE = 1024;
/* Flag of open(2), without the O_DIRECTORY that goes with it. */
static const int spool_O_TMPFILE = 020000000;
#endif
