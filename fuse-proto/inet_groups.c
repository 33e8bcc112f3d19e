// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Multicast groups that a socket is in.
 *
 * Nothing lists them. But every group that any socket is in stands with its interface in
 * /proc/net/igmp or igmp6, and MCAST_MSFILTER says of each whether this socket is in it, and which
 * sources it wants or not.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fdroom.h"
#include "inet.h"
#include "proc.h"
#include "resource.h"

#define SOURCES_MAX 256	/* net.ipv4.igmp_max_msf is 10 */

union filter {
	struct group_filter f;
	char room[GROUP_FILTER_SIZE(SOURCES_MAX)];
};

static int level_of(unsigned int family)
{
	return family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
}

/** struct rows - of the section, in the order they are met */
struct rows {
	struct crfs_inet_group *r;
	size_t n, room;
	bool failed;
};

static void add_row(struct rows *rows, const struct crfs_inet_group *g)
{
	struct crfs_inet_group *more;

	if (rows->n == rows->room) {
		rows->room = rows->room ? 2 * rows->room : 8;
		more = realloc(rows->r, rows->room * sizeof(*more));
		rows->failed |= !more;
		if (!more)
			return;
		rows->r = more;
	}
	rows->r[rows->n++] = *g;
}

static void add_rows(struct snap *s, struct rows *rows, unsigned int family, unsigned int index,
		     const uint8_t group[16], const struct group_filter *f)
{
	struct crfs_inet_group r = { .family = family, .interface = inet_ifname(s, index) };
	uint32_t i = 0;

	memcpy(r.group, group, sizeof(r.group));
	r.mode = f->gf_fmode == MCAST_INCLUDE;
	do {
		union inet_addr a;

		memset(r.source, 0, sizeof(r.source));
		memcpy(&a, &f->gf_slist[i], sizeof(a));
		if (f->gf_numsrc && family == AF_INET)
			memcpy(r.source, &a.in.sin_addr, sizeof(a.in.sin_addr));
		else if (f->gf_numsrc)
			memcpy(r.source, &a.in6.sin6_addr, sizeof(a.in6.sin6_addr));
		add_row(rows, &r);
	} while (++i < f->gf_numsrc);
}

/* Is the socket in this group? */
static void try_group(struct snap *s, const struct file *f, struct rows *rows, unsigned int family,
		      unsigned int index, const uint8_t group[16])
{
	union filter u;
	socklen_t len = sizeof(u);
	union inet_addr a;

	memset(&u, 0, sizeof(u));
	inet_fill(&a, family, group, 0, 0);
	memcpy(&u.f.gf_group, &a, sizeof(a));
	u.f.gf_interface = index;
	u.f.gf_numsrc = SOURCES_MAX;
	if (getsockopt(f->dup, level_of(family), MCAST_MSFILTER, &u, &len) < 0)
		return;
	if (u.f.gf_numsrc > SOURCES_MAX)
		snap_unsupported(s, -E2BIG, file_obj(s, f), "a multicast group with %u sources: more "
				 "than can be asked for", u.f.gf_numsrc);
	else
		add_rows(s, rows, family, index, group, &u.f);
}

/* A line of an interface, then one for each of its groups, in the order of bytes of the machine. */
static void try_igmp(struct snap *s, const struct file *f, struct rows *rows)
{
	char *text = proc_read(s->proc, NULL, "thread-self/net/igmp"), *line, *save = NULL;
	unsigned int index = 0, n;
	uint8_t group[16] = { 0 };
	uint32_t be;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		if (*line != '\t') {
			if (sscanf(line, "%u", &n) == 1)
				index = n;
		} else if (sscanf(line, " %8x", &be) == 1) {
			memcpy(group, &be, sizeof(be));
			try_group(s, f, rows, AF_INET, index, group);
		}
	}
	free(text);
}

static void try_igmp6(struct snap *s, const struct file *f, struct rows *rows)
{
	char *text = proc_read(s->proc, NULL, "thread-self/net/igmp6"), *line, *save = NULL;
	char hex[33];
	uint8_t group[16];
	unsigned int index, i;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%u %*s %32[0-9a-f]", &index, hex) != 2 || strlen(hex) != 32)
			continue;
		for (i = 0; i < 16; i++)
			sscanf(hex + 2 * i, "%2hhx", &group[i]);
		try_group(s, f, rows, AF_INET6, index, group);
	}
	free(text);
}

static int order(const void *a, const void *b)
{
	const struct crfs_inet_group *x = a, *y = b;
	int c = (int)x->family - y->family;

	c = c ? c : strcmp(x->interface.p, y->interface.p);
	c = c ? c : memcmp(x->group, y->group, sizeof(x->group));
	return c ? c : memcmp(x->source, y->source, sizeof(x->source));
}

int inet_groups_read(struct snap *s, const struct file *f, struct text *out)
{
	struct rows rows = { .r = NULL };
	size_t i;

	try_igmp(s, f, &rows);
	try_igmp6(s, f, &rows);
	if (rows.n)
		qsort(rows.r, rows.n, sizeof(*rows.r), order);
	text_section(out, &crfs_inet_group_shape);
	for (i = 0; i < rows.n; i++)
		text_rec(out, &crfs_inet_group_shape, &rows.r[i]);
	free(rows.r);
	return rows.failed ? -ENOMEM : 0;
}

static int join(int fd, const struct crfs_inet_group *g, bool again)
{
	static const uint8_t none[16];
	struct group_source_req r = { .gsr_interface = inet_ifindex(&g->interface) };
	struct group_req any = { .gr_interface = r.gsr_interface };
	bool source = memcmp(g->source, none, sizeof(none));
	int level = level_of(g->family);
	union inet_addr a;

	inet_fill(&a, g->family, g->group, 0, 0);
	memcpy(&any.gr_group, &a, sizeof(a));
	memcpy(&r.gsr_group, &a, sizeof(a));
	inet_fill(&a, g->family, g->source, 0, 0);
	memcpy(&r.gsr_source, &a, sizeof(a));
	if (g->mode)
		return setsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &r, sizeof(r));
	if (!again && setsockopt(fd, level, MCAST_JOIN_GROUP, &any, sizeof(any)) < 0)
		return -1;
	return source ? setsockopt(fd, level, MCAST_BLOCK_SOURCE, &r, sizeof(r)) : 0;
}

static bool same_group(const struct crfs_inet_group *a, const struct crfs_inet_group *b)
{
	return a->family == b->family && a->interface.len == b->interface.len &&
	       !memcmp(a->interface.p, b->interface.p, a->interface.len) &&
	       !memcmp(a->group, b->group, sizeof(a->group));
}

int inet_groups_put(struct restore *rs, struct iobj *o, int section, int fd)
{
	size_t n, i;
	const struct crfs_inet_group *g = image_recs(o, o->room, section, &n);

	for (i = 0; i < n; i++)
		if (join(fd, &g[i], i && same_group(&g[i], &g[i - 1])) < 0)
			return fail_on(rs->err, -errno, o->path, "joining a multicast group on %.*s",
				       g[i].interface.len, g[i].interface.p);
	return 0;
}
