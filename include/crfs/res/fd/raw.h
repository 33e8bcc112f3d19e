/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type raw: a raw socket; it looks like a UDP socket. */
#ifndef CRFS_RES_FD_RAW_H
#define CRFS_RES_FD_RAW_H

#include <crfs/res/fd/inet.h>

#endif
