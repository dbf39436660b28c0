#ifndef SPOOL_ALLOCATION_COUNT_H
#define SPOOL_ALLOCATION_COUNT_H
#include <stdint.h>
/* Calls of malloc, calloc, realloc and aligned_alloc on this thread since it started. */
uint64_t spool_allocation_count(void);
#endif
