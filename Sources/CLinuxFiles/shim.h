#ifndef SPOOL_CLINUXFILES_SHIM_H
#define SPOOL_CLINUXFILES_SHIM_H
/* glibc has no function for openat2(2), Swift does not import ioctl(2), and the rest is declared for _GNU_SOURCE only.
   <fcntl.h> and <linux/fs.h> are not included, because their macros would then exist twice in Swift. */
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Opens a path below a directory; the kernel (5.6 and later) refuses any step out of it and any link on the way. */
static inline int spool_open_beneath(int directory, const char *path, int flags) {
    struct open_how how = {0};
    how.flags = (unsigned int)flags;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

/* FICLONE of include/uapi/linux/fs.h: the target shares the source's blocks until one of them is written to. */
static inline int spool_clone_file(int source, int target) {
    return ioctl(target, _IOW(0x94, 9, int), source);
}

/* Makes all of a filesystem durable, names included. */
static inline int spool_syncfs(int descriptor) {
    return (int)syscall(SYS_syncfs, descriptor);
}

/* Command of fcntl(2), include/uapi/linux/fcntl.h. */
static const int spool_F_GETLEASE = 1025;
#endif
