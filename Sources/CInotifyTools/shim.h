#ifndef SPOOL_CINOTIFYTOOLS_SHIM_H
#define SPOOL_CINOTIFYTOOLS_SHIM_H
/* inotifytools.h only forward-declares struct inotify_event: the kernel's definition has to come first. */
#include <sys/inotify.h>
#include <sys/eventfd.h>
#include <inotifytools/inotifytools.h>

/* struct inotify_event ends in a flexible array member (char name[]), which Swift does not import. */
static inline const char *spool_inotify_event_name(const struct inotify_event *e) {
    return e->len ? e->name : "";
}
#endif
