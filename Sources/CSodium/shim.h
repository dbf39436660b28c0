#ifndef SPOOL_CSODIUM_SHIM_H
#define SPOOL_CSODIUM_SHIM_H
#include <sodium.h>
#endif
