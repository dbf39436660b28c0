#ifndef SPOOL_CTURBOJPEG_SHIM_H
#define SPOOL_CTURBOJPEG_SHIM_H
#include <turbojpeg.h>
#endif
