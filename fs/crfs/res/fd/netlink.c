// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink sockets: protocol, port, groups, peer, options.
 *
 * struct netlink_sock is private to net/netlink: its groups are told by NETLINK_LIST_MEMBERSHIPS, and whether an answer
 * (a dump) is still to come by /proc/net/netlink. Answers that wait are refused, and so is what the kernel has noted of a
 * socket elsewhere (queues and logs of packets). What the kernel has told its groups is lost, and the program is told
 * that. Groups of generic netlink have numbers of this machine, and so stand by their names (genl.c).
 */
#include <linux/connector.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include <crfs/res/fd/netlink.h>

#include "res/fd/genl.h"
#include "res/fd/sock.h"
#include "res/fd/sockopt.h"
#include "res/ns/ns.h"

#define GROUPS_MAX 8192

static bool netlink_match(const struct cfile *f)
{
	return file_sock(f, AF_NETLINK);
}

static int read_names(struct socket *sock, struct crfs_fd_netlink *r)
{
	struct sockaddr_storage a = {};
	const struct sockaddr_nl *nl = (const void *)&a;
	int rc = kernel_getsockname(sock, (struct sockaddr *)&a);

	if (rc < 0)
		return rc;
	r->port = nl->nl_pid;
	rc = kernel_getpeername(sock, (struct sockaddr *)&a);
	if (rc < 0)
		return rc;
	r->peer_port = nl->nl_pid;
	r->peer_groups = nl->nl_groups;
	return 0;
}

struct asking {
	struct socket *sock;
	struct text *list;
};

static int ask_groups(void *arg, unsigned long at)
{
	const struct asking *a = arg;
	int __user *len = (int __user *)at;
	u32 __user *bits = (u32 __user *)(at + sizeof(u64));
	u32 i, n, word;
	int rc;

	if (put_user(GROUPS_MAX / 8, len))
		return -EFAULT;
	rc = a->sock->ops->getsockopt(a->sock, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, (char __user *)bits, len);
	if (rc || get_user(n, len))
		return rc ?: -EFAULT;
	if (n > GROUPS_MAX / 8)
		return -E2BIG;
	for (i = 0; i < n * 8; i++) {
		if (get_user(word, bits + i / 32))
			return -EFAULT;
		if (word & 1u << i % 32)
			text_list(a->list, i + 1);
	}
	return a->list->failed ? -ENOMEM : 0;
}

/* /proc/<tid>/net of a task that is where the socket is. Return: NULL: there is none */
static const char *net_dir(struct snap *s)
{
	struct net *net;
	size_t i;

	for (i = 0; i < s->nr_tasks; i++) {
		net = s->tasks[i].zombie ? NULL : ns_net_of(s->tasks[i].task);
		if (net)
			put_net(net);
		if (net && net == s->net)
			return snap_printf(s, "/proc/%d/net", s->tasks[i].tid);
	}
	return NULL;
}

/* What a file of it says. Return: 0; -ENOENT: there is none; or another error */
static int read_net(struct snap *s, const char *name, struct text *out)
{
	const char *dir = net_dir(s), *path = dir ? snap_printf(s, "%s/%s", dir, name) : NULL;
	ssize_t rc = path ? snap_tried(s, read_whole(path, out)) : -EXDEV;

	text_bytes(out, "", 1);
	snap_tried(s, out->failed ? -ENOMEM : 0);
	return min_t(ssize_t, rc, 0);
}

/* Does @is say so of the words of a line of this file? Return: 1: yes; 0; or a negative errno */
static int any_line(struct snap *s, const char *name, bool (*is)(char **words, size_t n, u64 what), u64 what)
{
	struct text text = { .failed = false };
	int rc = read_net(s, name, &text);
	char *p, *line, *words[10], *w;
	size_t n;

	p = rc || text.failed ? NULL : text.w.buf;
	while (!rc && (line = strsep(&p, "\n"))) {
		for (n = 0; n < ARRAY_SIZE(words) && (w = strsep(&line, " "));)
			if (*w)
				words[n++] = w;
		rc = is(words, n, what);
	}
	text_free(&text);
	return rc;
}

static void name_unread(struct snap *s, const struct cfile *f, const char *name, int rc)
{
	snap_unsupported(s, rc, file_obj(s, f), "/proc/net/%s cannot be read: mount /proc", name);
}

static bool is_number(const char *word, u64 v)
{
	u64 n;

	return !kstrtou64(word, 10, &n) && n == v;
}

/* sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode */
static bool answers(char **words, size_t n, u64 ino)
{
	return n == 10 && is_number(words[9], ino) && !is_number(words[6], 0);
}

/* The second column of what netfilter has: a port that gets its packets. */
static bool noted(char **words, size_t n, u64 port)
{
	return n > 1 && is_number(words[1], port);
}

/** struct queue - what waits: @notices to its groups, and @others; not acknowledgements that a restore has left */
struct queue {
	u32 notices, others;
};

static void count(const struct sk_buff *skb, struct queue *q)
{
	const struct netlink_skb_parms *p = &NETLINK_CB(skb);
	struct nlmsghdr h = { .nlmsg_seq = 0 };

	if (skb->len >= sizeof(h))
		skb_copy_bits(skb, 0, &h, sizeof(h));
	if (!p->portid && h.nlmsg_type == NLMSG_ERROR && h.nlmsg_seq == CRFS_NETLINK_OURS)
		return;
	if (p->portid || !p->dst_group)
		q->others++;
	else
		q->notices++;
}

static int look_at_queue(struct snap *s, struct sock *sk, struct queue *q)
{
	struct sk_buff **v;
	size_t n, i;
	int rc = hold_queue(s, &sk->sk_receive_queue, &v, &n);

	for (i = 0; i < n; i++)
		count(v[i], q);
	let_go(v, n);
	return rc;
}

/* Who is bound to no port is asked nothing, and answered nothing. */
static bool can_be_told(struct sock *sk, const struct crfs_fd_netlink *r)
{
	int deaf = 0;

	return r->port && (sockopt_int(sk->sk_socket, SOL_NETLINK, NETLINK_NO_ENOBUFS, &deaf) || deaf != 1);
}

/* Return: 1: the program is to be told that it has missed something, 0, or a negative errno */
static int name_waiting(struct snap *s, const struct cfile *f, struct sock *sk, const struct crfs_fd_netlink *r)
{
	const bool overrun = READ_ONCE(sk->sk_err) == ENOBUFS;
	struct queue q = { .others = 0 };
	int rc = look_at_queue(s, sk, &q);
	bool told;

	if (rc)
		return rc;
	told = (q.notices || overrun) && can_be_told(sk, r);
	rc = any_line(s, "netlink", answers, f->st.ino);
	/* Where no task is nobody reads on, and what is to come begins in the queue. */
	if (rc < 0 && rc != -EXDEV)
		name_unread(s, f, "netlink", rc);
	if (q.others || rc > 0)
		snap_unsupported(s, -EAGAIN, file_obj(s, f),
				 "netlink messages wait in it, or are still to come: let the program read them");
	else if (q.notices)
		snap_lost(s, file_obj(s, f), "%u messages to its netlink groups: %s", q.notices,
			  told ? "the program is told that it has missed some (ENOBUFS)" : "the program is not told");
	return told;
}

/* Whoever is in that group may have asked for what is sent to it; what it has asked is cn_proc's. */
static bool of_processes(const struct crfs_fd_netlink *r)
{
	struct crfs_str list = r->groups;
	__u64 group;

	while (r->protocol == NETLINK_CONNECTOR && crfs_list_next(&list, &group))
		if (group == CN_IDX_PROC)
			return true;
	return false;
}

/* Does netfilter know the socket's port? The files are those of modules. */
static bool netfilter_noted(struct snap *s, const struct cfile *f, u32 port, const char *name)
{
	int rc = any_line(s, name, noted, port);

	if (rc < 0 && rc != -ENOENT)
		name_unread(s, f, name, rc);
	return rc > 0;
}

static void name_obstacles(struct snap *s, const struct cfile *f, const struct crfs_fd_netlink *r)
{
	if (of_processes(r))
		snap_lost(s, file_obj(s, f), "that it is told of processes (PROC_CN_MCAST_LISTEN), if so: let the program ask again");
	if (r->protocol == NETLINK_NETFILTER && r->port &&
	    (netfilter_noted(s, f, r->port, "netfilter/nfnetlink_queue") ||
	     netfilter_noted(s, f, r->port, "netfilter/nfnetlink_log")))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "netfilter queues or logs packets to it: let the program unbind it");
}

/* What is behind the options: groups by their names, and that something was missed. */
static int read_rest(struct snap *s, struct cfile *f, struct crfs_str generic, bool overrun, struct text *out)
{
	int rc = sockopts_read(s, f, out) ?: genl_rows(s, f, generic, out);

	if (!rc && overrun)
		sockopt_row(out, CRFS_NETLINK_OVERRUN, 1);
	return rc;
}

static int netlink_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct sock *sk = file_sock(f, AF_NETLINK);
	struct text list = { .failed = false };
	struct asking a = { sk->sk_socket, &list };
	struct crfs_fd_netlink r = {
		.socktype = sk->sk_type,
		.protocol = sk->sk_protocol,
		.uid = from_kuid_munged(s->mi->cred->user_ns, f->st.uid),
		.gid = from_kgid_munged(s->mi->cred->user_ns, f->st.gid),
	};
	struct crfs_str generic = { .len = 0 };
	int rc = read_names(sk->sk_socket, &r) ?: user_page(ask_groups, &a), overrun = 0;

	if (rc == -EOPNOTSUPP) {	/* by a thread of the kernel */
		snap_unsupported(s, rc, file_obj(s, f), "the groups of a socket are told to processes only: look again");
		rc = 0;
	}
	if (!rc) {
		r.groups = text_str(&list);
		name_obstacles(s, f, &r);
		overrun = name_waiting(s, f, sk, &r);
		rc = min(overrun, 0);
	}
	if (r.protocol == NETLINK_GENERIC)
		swap(generic, r.groups);
	if (!rc) {
		text_section(out, &crfs_fd_netlink_shape);
		text_rec(out, &crfs_fd_netlink_shape, &r);
		rc = read_rest(s, f, generic, overrun, out);
	}
	text_done(&list, out);
	return rc;
}

const struct room res_fd_netlink = {
	.name = "netlink",
	.scope = PER_FILE,
	.match = netlink_match,
	.read = netlink_read,
};
