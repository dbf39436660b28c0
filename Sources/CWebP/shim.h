#ifndef SPOOL_CWEBP_SHIM_H
#define SPOOL_CWEBP_SHIM_H
#include <webp/decode.h>
#endif
