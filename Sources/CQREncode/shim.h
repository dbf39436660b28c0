#ifndef SPOOL_CQRENCODE_SHIM_H
#define SPOOL_CQRENCODE_SHIM_H
#include <qrencode.h>
#endif
