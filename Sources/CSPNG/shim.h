#ifndef SPOOL_CSPNG_SHIM_H
#define SPOOL_CSPNG_SHIM_H
#include <spng.h>
#endif
