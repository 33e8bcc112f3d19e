// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Netlink sockets: protocol, port, groups, peer, options.
 *
 * From getsockname(2), getpeername(2), NETLINK_LIST_MEMBERSHIPS (4.2) and /proc/net/netlink, which
 * says whether an answer (a dump) is still to come. Answers that wait are refused, and so is what the kernel has noted
 * of a socket elsewhere (queues and logs of packets); that it has asked to be told of processes (cn_proc) is lost, by
 * name. What the kernel has told its groups is lost, and the program is told that (netlink_queue.c). Groups of generic netlink have numbers of this machine, and so stand by their names, as
 * rows behind the options.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <crfs/res/fd/netlink.h>

#include "fdroom.h"
#include "genl.h"
#include "netlink_queue.h"
#include "proc.h"
#include "peek.h"
#include "rooms.h"
#include "sock_net.h"
#include "sockopt.h"

#define OPTIONS 1		/* its section */
#define GROUPS_MAX 8192

static bool netlink_match(const struct file *f)
{
	return f->sock.domain == AF_NETLINK;
}

static int read_names(const struct file *f, struct crfs_fd_netlink *r)
{
	struct sockaddr_nl a;
	socklen_t len = sizeof(a);

	if (getsockname(f->dup, (struct sockaddr *)&a, &len) < 0)
		return -errno;
	r->port = a.nl_pid;
	len = sizeof(a);
	if (getpeername(f->dup, (struct sockaddr *)&a, &len) < 0)
		return -errno;
	r->peer_port = a.nl_pid;
	r->peer_groups = a.nl_groups;
	return 0;
}

static int read_groups(const struct file *f, struct text *list)
{
	uint32_t bits[GROUPS_MAX / 32] = { 0 };
	socklen_t len = sizeof(bits);
	unsigned int i;

	if (getsockopt(f->dup, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, bits, &len) < 0)
		return -errno;
	if (len > sizeof(bits))
		return -E2BIG;
	for (i = 0; i < len * 8; i++)
		if (bits[i / 32] & 1u << i % 32)
			text_list(list, i + 1);
	return text_failed(list) ? -ENOMEM : 0;
}

/* sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode */
static bool answers(struct snap *s, const struct file *f)
{
	char *text = proc_read(s->proc, NULL, "thread-self/net/netlink"), *line, *save = NULL;
	unsigned long ino;
	bool yes = false;
	int dump;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%*x %*d %*u %*x %*d %*d %d %*d %*u %lu", &dump, &ino) == 2 &&
		    ino == f->st.st_ino)
			yes = dump != 0;
	free(text);
	return yes;
}

/* The second column of what netfilter has: a port that gets its packets. */
static bool noted(struct snap *s, const char *table, uint32_t port)
{
	char *text = proc_read(s->proc, NULL, "thread-self/net/netfilter/%s", table), *line, *save = NULL;
	unsigned int p;
	bool yes = false;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		yes |= sscanf(line, " %*u %u", &p) == 1 && p == port;
	free(text);
	return yes;
}

/* Who is bound to no port is asked nothing, and answered nothing. */
static bool can_be_told(const struct file *f, const struct crfs_fd_netlink *r)
{
	return r->port && sock_int(f->dup, SOL_NETLINK, NETLINK_NO_ENOBUFS) != 1;
}

/* Return: is the program to be told that it has missed something? */
static bool name_waiting(struct snap *s, const struct file *f, const struct crfs_fd_netlink *r)
{
	struct netlink_queue q = { .others = 0 };
	struct pollfd p = { .fd = f->dup };
	unsigned int queued = sock_queued(f->dup);

	poll(&p, 1, 0);
	if ((queued || p.revents & POLLERR) && netlink_queue_look(s, f, &q))
		q.others = queued;
	if (q.others || answers(s, f))
		snap_unsupported(s, -EAGAIN, file_obj(s, f), "netlink messages wait in it, or are still to "
				 "come: let the program read them");
	else if (q.notices)
		snap_lost(s, file_obj(s, f), "%u messages to its netlink groups: %s", q.notices, can_be_told(f, r) ?
			  "the program is told that it has missed some (ENOBUFS)" : "the program is not told");
	return (q.notices || q.overrun) && can_be_told(f, r);
}

/* Whoever is in that group may have asked for what is sent to it: no call tells, and the kernel forgets it with the socket. */
static bool of_processes(const struct crfs_fd_netlink *r)
{
	struct crfs_str list = r->groups;
	__u64 group;

	while (r->protocol == NETLINK_CONNECTOR && crfs_list_next(&list, &group))
		if (group == CN_IDX_PROC)
			return true;
	return false;
}

static void name_obstacles(struct snap *s, const struct file *f, const struct crfs_fd_netlink *r)
{
	if (of_processes(r))
		snap_lost(s, file_obj(s, f), "that it is told of processes (PROC_CN_MCAST_LISTEN), if so: let the program ask again");
	if (r->protocol == NETLINK_NETFILTER && r->port &&
	    (noted(s, "nfnetlink_queue", r->port) || noted(s, "nfnetlink_log", r->port)))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "netfilter queues or logs packets to it: "
				 "let the program unbind it");
}

/* A row for each group of generic netlink: FAMILY/GROUP. */
static void show_generic(struct snap *s, const struct file *f, struct crfs_str list, struct text *out)
{
	char name[GENL_NAME];
	__u64 group;
	int rc;

	while (crfs_list_next(&list, &group)) {
		rc = genl_name(group, name);
		if (rc)
			snap_unsupported(s, rc, file_obj(s, f), "it is in group %u of generic netlink, which has no name: "
					 "let the program leave it", (unsigned int)group);
		else
			sockopt_row(out, name, 1);
	}
}

static int netlink_read(struct snap *s, void *obj, struct text *out)
{
	struct file *f = obj;
	struct crfs_fd_netlink r = { .uid = f->st.st_uid, .gid = f->st.st_gid };
	struct text list = { .failed = false };
	struct crfs_str generic;
	bool overrun = false;
	int rc = read_names(f, &r);

	if (!rc)
		rc = read_groups(f, &list);
	if (rc) {
		text_free(&list);
		return fail_on(s->err, rc, file_obj(s, f), "a netlink socket");
	}
	r.socktype = f->sock.type;
	r.protocol = f->sock.protocol;
	r.groups = text_str(&list);
	if (!s->live) {
		name_obstacles(s, f, &r);
		overrun = name_waiting(s, f, &r);
	}
	text_section(out, &crfs_fd_netlink_shape);
	generic = r.protocol == NETLINK_GENERIC ? r.groups : (struct crfs_str){ "", 0 };
	if (generic.len)
		r.groups.len = 0;
	text_rec(out, &crfs_fd_netlink_shape, &r);
	rc = sockopts_read(s, f, out);
	if (!rc)
		show_generic(s, f, generic, out);
	if (overrun)
		sockopt_row(out, CRFS_NETLINK_OVERRUN, 1);
	text_free(&list);
	return rc;
}

/* Is this row a group of generic netlink? Return: its name, or NULL */
static const char *generic_of(struct pool *p, const struct crfs_sockopt *r)
{
	return memchr(r->option.p, '/', r->option.len) ? pool_printf(p, "%.*s", r->option.len, r->option.p) : NULL;
}

static void check_options(struct image *im, struct iobj *o, bool generic)
{
	size_t n, i, k = 0;
	const struct crfs_sockopt *r = image_recs(o, o->room, OPTIONS, &n);
	const char **names = pool_alloc(&im->pool, (n + 2) * sizeof(*names));
	uint32_t id;
	int rc;

	for (i = 0; names && i < n && generic; i++) {
		names[k] = generic_of(&im->pool, &r[i]);
		if (!names[k])
			continue;
		rc = sock_net_id(im, o) ? 0 : genl_id(names[k], &id);
		if (rc)
			image_mismatch(im, rc, o->path, "group %s of generic netlink is not here: load its module", names[k]);
		k++;
	}
	if (names)
		names[k] = CRFS_NETLINK_OVERRUN;
	sockopts_check_beside(im, o, OPTIONS, names);
}

static void netlink_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_netlink *r = image_rec(o, &res_fd_netlink, 0);
	struct crfs_str list;
	__u64 group;

	check_options(im, o, r && r->protocol == NETLINK_GENERIC);
	if (!r)
		return;
	if (r->socktype != SOCK_RAW && r->socktype != SOCK_DGRAM)
		image_mismatch(im, -EINVAL, o->path, "socktype %u", r->socktype);
	list = r->groups;
	while (crfs_list_next(&list, &group))
		if (!group || group > GROUPS_MAX)
			image_mismatch(im, -EINVAL, o->path, "group %llu", (unsigned long long)group);
}

static int join(struct restore *rs, struct iobj *o, struct crfs_str list)
{
	__u64 group;
	int n;

	while (crfs_list_next(&list, &group)) {
		n = group;
		if (setsockopt(o->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &n, sizeof(n)) < 0)
			return fail_on(rs->err, -errno, o->path, "joining netlink group %d", n);
	}
	return 0;
}

static int join_generic(struct restore *rs, struct iobj *o)
{
	size_t n, i;
	const struct crfs_sockopt *r = image_recs(o, o->room, OPTIONS, &n);
	const char *name;
	uint32_t id;
	int rc = 0;

	for (i = 0; i < n && !rc; i++) {
		name = generic_of(&rs->im->pool, &r[i]);
		if (!name)
			continue;
		rc = genl_id(name, &id);
		if (!rc && setsockopt(o->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &id, sizeof(id)) < 0)
			rc = -errno;
		if (rc)
			fail_on(rs->err, rc, o->path, "joining group %s of generic netlink", name);
	}
	return rc;
}

static int put_names(struct restore *rs, struct iobj *o, const struct crfs_fd_netlink *r)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_pid = r->port };

	if (r->port && bind(o->fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return fail_on(rs->err, -errno, o->path, "binding it to netlink port %u: who has it?", r->port);
	a.nl_pid = r->peer_port;
	a.nl_groups = r->peer_groups;
	if ((r->peer_port || r->peer_groups) && connect(o->fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return fail_on(rs->err, -errno, o->path, "connecting it to netlink port %u", r->peer_port);
	return 0;
}

static int netlink_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_netlink *r = image_rec(o, &res_fd_netlink, 0);
	int rc;

	o->fd = socket(AF_NETLINK, r->socktype | SOCK_CLOEXEC, r->protocol);
	if (o->fd < 0 || fchown(o->fd, r->uid, r->gid) < 0)
		return fail_on(rs->err, -errno, o->path, "a netlink socket of protocol %u", r->protocol);
	rc = sockopts_put(rs, o, OPTIONS, o->fd);
	if (!rc)
		rc = put_names(rs, o, r);
	if (!rc)
		rc = join(rs, o, r->groups);
	if (!rc && r->protocol == NETLINK_GENERIC)
		rc = join_generic(rs, o);
	if (!rc && r->port && sockopt_value(o, OPTIONS, CRFS_NETLINK_OVERRUN, 0))
		rc = netlink_queue_overrun(rs, o);
	return rc ? rc : file_made(rs, o, o->fd);
}

const struct resource res_fd_netlink = {
	.name = "netlink",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_netlink_shape, &crfs_sockopt_shape, NULL },
	.match = netlink_match,
	.read = netlink_read,
	.check = netlink_check,
	.make = netlink_make,
};
