/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs that are the other end of a link of kind tun or tap. */
#ifndef CRFS_FD_TUN_H
#define CRFS_FD_TUN_H

#include <linux/if.h>
#include <linux/if_tun.h>

#include <crfs/res/fd/tun.h>

#include "internal.h"

struct net;
struct ptr_ring;

#define TUN_NO_CARRIER 0x0040	/* in crfs_fd_tun.flags: IFF_NO_CARRIER, 6.2 */

/*
 * struct tun - one that is tied to a link
 * @net: where it was opened; as long as it is
 * @ring: what waits to be read
 * @name, @flags: as TUNGETIFF has them; no name: it has no link
 * @here: the link of that name in @net is its; else it was moved
 */
struct tun {
	struct net *net;
	struct ptr_ring *ring;
	char name[IFNAMSIZ];
	unsigned short flags;
	bool here;
};

/*
 * struct tun_link - what a link tells
 * @type: ARPHRD_*; @offload: TUN_F_*
 * @no_pi, @stays, @many: IFF_NO_PI, IFF_PERSIST, IFF_MULTI_QUEUE; of the last @queues, and @idle that are detached
 */
struct tun_link {
	u32 type, offload, queues, idle;
	bool carrier, no_pi, stays, many;
};

/* tun_of() - Return: 0, -EOPNOTSUPP: the module does not know this kernel's, or another negative errno */
int tun_of(struct file *file, struct tun *t);

/* tun_link_look() - the link of @t. Return: 0 or a negative errno */
int tun_link_look(const struct tun *t, struct tun_link *l);

/* tun_queue_read() - the section of packets that wait */
int tun_queue_read(struct snap *s, const struct cfile *f, const struct tun *t, const struct crfs_fd_tun *r,
		   struct text *out);

/* tun_links_check() - all descriptions were read: name the links that others outside are tied to */
int tun_links_check(struct snap *s);

#endif
