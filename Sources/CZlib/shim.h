#ifndef SPOOL_CZLIB_SHIM_H
#define SPOOL_CZLIB_SHIM_H
#include <zlib.h>
/* inflateInit and deflateInit are function-like macros, which Swift does not import. */
static inline int spool_inflate_init(z_streamp stream) { return inflateInit(stream); }
static inline int spool_deflate_init(z_streamp stream, int level) { return deflateInit(stream, level); }
#endif
