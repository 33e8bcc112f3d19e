// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Links of kind tun or tap that are tied to descriptors (fd/tun): whose are these?
 *
 * The link tells how many queues it has if it may have several, and whether it goes with the last. Its descriptors are
 * only known when those of all tasks have been read. One that stays (TUNSETPERSIST) and has one queue does not tell
 * whether somebody is tied to it.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "net_tun.h"
#include "netlink.h"

/* linux/if_link.h of today: the headers here may be older. */
enum { TUN_PERSIST = 6, TUN_MULTI_QUEUE, TUN_NUM_QUEUES, TUN_NUM_DISABLED };

/** struct tun_link - @tied: how many descriptions are, at least; @has: how many the container has */
struct tun_link {
	const char *obj, *name;
	uint32_t tied, has, idle;
	struct tun_link *next;
};

void net_tun_meet(struct snap *s, const char *obj, const char *name, const void *data)
{
	const uint8_t *stays = data ? nl_in(data, TUN_PERSIST, 1) : NULL, *many = data ? nl_in(data, TUN_MULTI_QUEUE, 1) : NULL;
	const uint32_t *queues = data ? nl_in(data, TUN_NUM_QUEUES, 4) : NULL;
	const uint32_t *idle = data ? nl_in(data, TUN_NUM_DISABLED, 4) : NULL;
	struct tun_link *l = pool_alloc(&s->scratch, sizeof(*l));

	if (!l)
		return;
	*l = (struct tun_link){ .obj = obj, .name = pool_strndup(&s->scratch, name, strnlen(name, IFNAMSIZ)),
				.tied = many && *many && queues ? *queues : !stays || !*stays,
				.idle = many && *many && idle ? *idle : 0, .next = s->tuns };
	if (l->name)
		s->tuns = l;
}

void net_tun_has(struct snap *s, unsigned int ns, const char *name)
{
	const char *obj = pool_printf(&s->scratch, "ns/net-%u", ns);
	struct tun_link *l = obj ? s->tuns : NULL;

	for (; l; l = l->next)
		if (!strcmp(l->obj, obj) && !strcmp(l->name, name))
			l->has++;
}

void net_tun_check(struct snap *s)
{
	const struct tun_link *l;

	for (l = s->tuns; l; l = l->next) {
		if (l->idle)
			snap_unsupported(s, -EOPNOTSUPP, l->obj, "link %s: of kind tun, and %u of its queues are detached "
					 "(IFF_DETACH_QUEUE), which cannot be carried: let the program close them", l->name, l->idle);
		if (l->has < l->tied)
			snap_unsupported(s, -EXDEV, l->obj, "link %s: of kind tun, and %u of its %u descriptors are outside the "
					 "container: end who has them", l->name, l->tied - l->has, l->tied);
	}
}
