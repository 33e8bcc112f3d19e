/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type udp: a UDP or UDP-Lite socket; nothing in it that other sockets have not. */
#ifndef CRFS_RES_FD_UDP_H
#define CRFS_RES_FD_UDP_H

#include <crfs/res/fd/inet.h>

#endif
