// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The outer end of a link into a network namespace that is left over from a container that was ended.
 *
 * The guard of its connections is there, and sockets that nobody has any more but that have still something to say to
 * their peers (tcp_guard.c). So the name of the link stays taken, while the container comes back. When no process but
 * guards is in that namespace, the link is taken away: it is cut off for good, and says nothing more to anybody.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_links.h"
#include "netlink.h"
#include "proc.h"

#define NOWHERE (-2)

/** struct outer_end - @name: whose @link and @nsid, the namespace that its other end is in, are looked for */
struct outer_end {
	const char *name;
	uint32_t link, nsid;
};

static int find(void *arg, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const void *info = nl_find(h, sizeof(*m), IFLA_LINKINFO, 0);
	const char *kind = info ? nl_in(info, IFLA_INFO_KIND, 2) : NULL;
	const char *name = nl_find(h, sizeof(*m), IFLA_IFNAME, 2);
	struct outer_end *o = arg;

	if (!name || !kind || strcmp(kind, "veth") || strcmp(name, o->name))
		return 0;
	o->link = m->ifi_index;
	o->nsid = nl_u32(h, sizeof(*m), IFLA_LINK_NETNSID, NOWHERE);
	return 0;
}

static int take_nsid(void *arg, const struct nlmsghdr *h)
{
	*(uint32_t *)arg = nl_u32(h, sizeof(struct rtgenmsg), NETNSA_NSID, NOWHERE);
	return 1;
}

/* The number that our namespace has for that of @pid */
static uint32_t nsid_of(int proc, int pid)
{
	const struct rtgenmsg m = { .rtgen_family = AF_UNSPEC };
	uint32_t fd = proc_open(proc, O_RDONLY, "%d/ns/net", pid), id = NOWHERE;
	struct nl_request r;

	if ((int)fd < 0)
		return NOWHERE;
	nl_begin(&r, RTM_GETNSID, 0, &m, sizeof(m));
	nl_attr(&r, NETNSA_FD, &fd, sizeof(fd));
	if (nl_get(NETLINK_ROUTE, &r, take_nsid, &id) < 0)
		id = NOWHERE;
	close(fd);
	return id;
}

static bool is_guard(int proc, int pid)
{
	char *comm = proc_read(proc, NULL, "%d/comm", pid);
	bool yes = comm && !strcmp(comm, "crfs-guard\n");

	free(comm);
	return yes;
}

/* Return: how many guards are there; -EEXIST: others, too */
static int who_is_in(int proc, uint32_t nsid)
{
	int fd = proc_open(proc, O_RDONLY | O_DIRECTORY, "."), pid, guards = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d)
		return -ENOMEM;
	while (guards >= 0 && (e = readdir(d))) {
		pid = atoi(e->d_name);
		if (pid <= 0 || nsid_of(proc, pid) != nsid)
			continue;
		guards = is_guard(proc, pid) ? guards + 1 : -EEXIST;
	}
	closedir(d);
	return guards;
}

int link_free(int proc, const char *name)
{
	struct ifinfomsg m = { .ifi_family = AF_UNSPEC };
	struct outer_end o = { .name = name, .nsid = NOWHERE };
	struct nl_request r;
	int rc;

	nl_begin(&r, RTM_GETLINK, 0, &m, sizeof(m));
	rc = nl_list(NETLINK_ROUTE, &r, find, &o);
	if (rc || !o.link || o.nsid == (uint32_t)NOWHERE)
		return rc ? rc : -EEXIST;
	rc = who_is_in(proc, o.nsid);
	if (rc <= 0)
		return rc ? rc : -EEXIST;
	m.ifi_index = o.link;
	nl_begin(&r, RTM_DELLINK, 0, &m, sizeof(m));
	return nl_ask(NETLINK_ROUTE, &r);
}
