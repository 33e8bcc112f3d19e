/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the link of a tun tells of what its program has asked for. */
#ifndef CRFS_RES_FD_TUN_LINK_H
#define CRFS_RES_FD_TUN_LINK_H

#include <crfs/res/fd/tun.h>

#include "image.h"

#define TUN_NO_CARRIER 0x40	/* IFF_NO_CARRIER, 5.13 */

/** tun_link_look() - carrier and offloads of link @name, in this namespace, into @r */
void tun_link_look(const char *name, struct crfs_fd_tun *r);

/** tun_link_mode() - which addresses of IPv6 it gets by itself (addr_gen_mode); TUN_QUIET: none */
void tun_link_mode(struct restore *rs, const char *name, char mode);
#define TUN_QUIET '1'

#endif
