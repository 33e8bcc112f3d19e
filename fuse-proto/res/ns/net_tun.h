/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links of kind tun or tap that are tied to descriptors: whose are these? */
#ifndef CRFS_NS_NET_TUN_H
#define CRFS_NS_NET_TUN_H

#include "snap.h"

/** net_tun_meet() - in namespace @obj is link @name; @data: IFLA_INFO_DATA */
void net_tun_meet(struct snap *s, const char *obj, const char *name, const void *data);

/** net_tun_has() - a description of the container is tied to link @name of ns/net-<@ns> */
void net_tun_has(struct snap *s, unsigned int ns, const char *name);

/** net_tun_check() - all descriptions were read: name the links that others outside are tied to */
void net_tun_check(struct snap *s);

#endif
