/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type ping: ICMP echo without privilege (SOCK_DGRAM); it looks like a UDP socket. */
#ifndef CRFS_RES_FD_PING_H
#define CRFS_RES_FD_PING_H

#include <crfs/res/fd/inet.h>

#endif
