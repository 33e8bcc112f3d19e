// SPDX-License-Identifier: GPL-2.0-only
/*
 * Socket options, for the rooms of sockets: those that are not as in a fresh socket of the kind.
 *
 * As getsockopt(2) says them, so that none is forgotten. On kernels older than 6.7 the half of it that is
 * of all sockets is not exported: those are read where they lie (sockopt_fields.c).
 */
#include <linux/filter.h>
#include <linux/net.h>
#include <linux/net_tstamp.h>
#include <linux/slab.h>
#include <linux/sockptr.h>
#include <linux/uaccess.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <net/sock_reuseport.h>
#include <net/tcp.h>

#include <crfs/res/fd/sockopt.h>
#include <crfs/sockopts.h>

#include "internal.h"
#include "res/fd/sock_net.h"
#include "res/fd/sockopt.h"

#define BUF_LOCK 72	/* SO_BUF_LOCK */

/** struct page_of - memory of the caller, in which answers are given; @len behind the value */
struct page_of {
	char __user *value;
	int __user *len;
};

/* getsockopt(2) of up to @size bytes. Return: bytes, or a negative errno */
static int ask(struct socket *sock, const struct page_of *p, int level, int option, void *buf, int size)
{
	int len, rc;

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	if (level == SOL_SOCKET)
		return sockopt_field(sock, option, buf);
#endif
	if (put_user(size, p->len) || clear_user(p->value, size))
		return -EFAULT;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	rc = do_sock_getsockopt(sock, false, level, option, USER_SOCKPTR(p->value),
				USER_SOCKPTR(p->len));
#else
	rc = sock->ops->getsockopt ? sock->ops->getsockopt(sock, level, option, p->value, p->len) :
				     -EOPNOTSUPP;
#endif
	if (rc || get_user(len, p->len))
		return rc ? rc : -EFAULT;
	if (buf && copy_from_user(buf, p->value, min(len, size)))
		return -EFAULT;
	return len;
}

/* As one number; linger is on << 32 | seconds. */
static bool get(struct socket *sock, const struct page_of *p, const struct crfs_opt *o, s64 *v)
{
	union sockopt_val u = { .words = { 0 } };

	if (ask(sock, p, o->level, o->get, &u, o->kind == CRFS_OPT_LONG ? sizeof(s64) : sizeof(u)) < 0)
		return false;
	switch (o->kind) {
	case CRFS_OPT_LINGER:
		*v = (s64)u.l.l_onoff << 32 | u.l.l_linger;
		break;
	case CRFS_OPT_TIME:
		*v = u.t.tv_sec * 1000000LL + u.t.tv_usec;
		break;
	case CRFS_OPT_LONG ... CRFS_OPT_WORD3:
		*v = u.words[o->kind == CRFS_OPT_LONG ? 0 : o->kind - CRFS_OPT_WORD0];
		break;
	default:
		*v = u.i;
	}
	return true;
}

/* Does what comes in say on which CPU it did? As getpeername(2) tells who is connected. */
static bool notes_cpu(const struct sock *sk)
{
	if (sk->sk_family != AF_INET && sk->sk_family != AF_INET6)
		return false;
	if (sk->sk_type == SOCK_STREAM && (1 << READ_ONCE(sk->sk_state)) & (TCPF_CLOSE | TCPF_SYN_SENT))
		return false;
	return inet_sk(sk)->inet_dport;
}

/*
 * Buffers that the program did not set grow and shrink by themselves. One that it has set, or locked, stays as it is, also
 * if it is as large as a new one. The CPU of a connection is that of its last packet.
 */
static bool moves_by_itself(const struct sock *sk, const struct crfs_opt *o)
{
	if (o->level == SOL_SOCKET && o->get == SO_INCOMING_CPU)
		return notes_cpu(sk);
	return o->kind == CRFS_OPT_BUF &&
	       !(sk->sk_userlocks & (o->get == SO_SNDBUF ? SOCK_SNDBUF_LOCK : SOCK_RCVBUF_LOCK));
}

void sockopt_row(struct text *out, const char *name, s64 value)
{
	struct crfs_sockopt rec = { .option = str_of(name), .value = value };

	text_rec(out, &crfs_sockopt_shape, &rec);
}

void sockopt_owner(const struct snap *s, const struct cfile *f, struct text *out)
{
	uid_t uid = from_kuid_munged(s->mi->cred->user_ns, f->st.uid);
	gid_t gid = from_kgid_munged(s->mi->cred->user_ns, f->st.gid);

	if (uid)
		sockopt_row(out, CRFS_SOCK_UID, uid);
	if (gid)
		sockopt_row(out, CRFS_SOCK_GID, gid);
}

/* What all packets of a socket begin with, an inode each. */
static int read_headers(struct snap *s, struct socket *sock, const struct page_of *p, struct text *out)
{
	const struct crfs_opt_blob *b;
	int len;
	u32 id;

	if (sock->sk->sk_family != AF_INET && sock->sk->sk_family != AF_INET6)
		return 0;
	for (b = crfs_opt_blobs; b < crfs_opt_blobs + ARRAY_SIZE(crfs_opt_blobs); b++) {
		len = b->level != IPPROTO_IPV6 || sock->sk->sk_family == AF_INET6 ?
		      ask(sock, p, b->level, b->option, NULL, 2048) : 0;
		if (len <= 0)
			continue;
		id = packet_header_inode(s, sock->sk, b - crfs_opt_blobs, b->row, p->value, len);
		if (!id)
			return -ENOMEM;
		sockopt_row(out, b->row, id);
	}
	return 0;
}

/** struct usual - options of a new socket of some kind, kept for all of that kind in @net; @has: it has option i */
struct usual {
	const struct net *net;
	int domain, type, protocol;
	bool has[CRFS_NR_OPTS];
	s64 usual[CRFS_NR_OPTS];
	struct usual *next;
};

struct reading {
	struct snap *s;
	const struct cfile *f;
	struct socket *sock;
	struct usual *fresh;
	const char *const *skip;
	struct text *out;
};

static int look_at_fresh(struct snap *s, const struct page_of *p, struct usual *u)
{
	struct socket *sock;
	size_t i;
	int rc = sock_create_kern(s->net, u->domain, u->type, u->protocol, &sock);

	if (rc)
		return rc;
	for (i = 0; i < CRFS_NR_OPTS; i++)
		u->has[i] = (crfs_opts[i].kind != CRFS_OPT_GROUP || u->type != SOCK_STREAM) &&
			    get(sock, p, &crfs_opts[i], &u->usual[i]);
	sock_release(sock);
	return 0;
}

/* Return: NULL and @rc, if there can be no new one */
static struct usual *fresh_like(struct snap *s, const struct page_of *p, const struct socket *sock, int *rc)
{
	const struct sock *sk = sock->sk;
	struct usual *u;

	*rc = -ENOMEM;
	for (u = s->usual; u; u = u->next)
		if (u->net == s->net && u->domain == sk->sk_family && u->type == sock->type &&
		    u->protocol == sk->sk_protocol)
			return u;
	u = snap_alloc(s, sizeof(*u));
	if (!u)
		return NULL;
	*u = (struct usual){ .net = s->net, .domain = sk->sk_family, .type = sock->type, .protocol = sk->sk_protocol };
	*rc = look_at_fresh(s, p, u);
	if (*rc)
		return NULL;
	u->next = s->usual;
	return s->usual = u;
}

static bool listed(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/*
 * What a socket has beside an option, and a new one has not. With some options what is sent has numbers, in messages of the
 * error queue, that no call tells or sets: a new socket counts from 0.
 */
static void name_beside(const struct reading *r, const struct crfs_opt *o, s64 v)
{
	const struct sock *sk = r->sock->sk;
	const bool tcp = sk->sk_protocol == IPPROTO_TCP && sk->sk_type == SOCK_STREAM;
	const u32 begin = tcp ? READ_ONCE(tcp_sk(sk)->write_seq) : 0;

	if (!strcmp(o->name, "so_zerocopy") && atomic_read(&sk->sk_zckey))
		snap_lost(r->s, file_obj(r->s, r->f),
			  "the numbers of what it sends with MSG_ZEROCOPY: they begin with 0 again");
	if (!strcmp(o->name, "so_timestamping") && v & SOF_TIMESTAMPING_OPT_ID && (u32)atomic_read(&sk->sk_tskey) != begin)
		snap_lost(r->s, file_obj(r->s, r->f),
			  "the numbers of times of what it sends (SOF_TIMESTAMPING_OPT_ID): they begin with 0 again");
	if (!strcmp(o->name, "tcp_save_syn") && tcp && READ_ONCE(tcp_sk(sk)->saved_syn))
		snap_lost(r->s, file_obj(r->s, r->f),
			  "the first packet of its peer, which the program has not asked for (TCP_SAVED_SYN)");
}

static int read_all(void *arg, unsigned long at)
{
	const struct reading *r = arg;
	const struct page_of p = { (char __user *)at + sizeof(u64), (int __user *)at };
	const struct usual *fresh;
	s64 now;
	size_t i;
	int rc;

	fresh = fresh_like(r->s, &p, r->sock, &rc);
	if (!fresh)
		return rc;
	for (i = 0; i < CRFS_NR_OPTS; i++)
		if (fresh->has[i] && get(r->sock, &p, &crfs_opts[i], &now) &&
		    (now != fresh->usual[i] || crfs_opts[i].kind == CRFS_OPT_BUF) &&
		    !moves_by_itself(r->sock->sk, &crfs_opts[i]) && !listed(r->skip, crfs_opts[i].name)) {
			sockopt_row(r->out, crfs_opts[i].name, now);
			name_beside(r, &crfs_opts[i], now);
		}
	return read_headers(r->s, r->sock, &p, r->out);
}

/* A group of SO_REUSEPORT may have a program that says who gets what comes. */
static void name_distributor(struct snap *s, const struct cfile *f, const struct sock *sk)
{
	const struct sock_reuseport *group;
	bool has;

	if (!sk->sk_reuseport)
		return;
	rcu_read_lock();
	group = rcu_dereference(sk->sk_reuseport_cb);
	has = group && rcu_access_pointer(group->prog);
	rcu_read_unlock();
	if (has)
		snap_lost(s, file_obj(s, f), "the program that distributes over its group (SO_ATTACH_REUSEPORT_CBPF, _EBPF)");
}

/* A filter is an inode, since it is no number; what locks it comes behind it. */
static int read_filter(struct snap *s, struct cfile *f, struct sock *sk, struct text *out)
{
	u32 id;
	int rc = filter_inode(s, f, sk, &id);

	if (rc)
		return rc;
	if (id)
		sockopt_row(out, "so_attach_filter", id);
	if (sock_flag(sk, SOCK_FILTER_LOCKED))
		sockopt_row(out, "so_lock_filter", 1);
	return 0;
}

int sockopts_read_without(struct snap *s, struct cfile *f, struct text *out, const char *const *skip)
{
	struct socket *sock = sock_from_file(f->file);
	struct reading r = { .s = s, .f = f, .sock = sock, .skip = skip, .out = out };
	u32 net;
	int rc;

	text_section(out, &crfs_sockopt_shape);
	if (sock_net_row(s, &net))
		sockopt_row(out, "net_ns", net);
	rc = user_page(read_all, &r);
	if (rc == -EOPNOTSUPP)	/* by a thread of the kernel */
		snap_unsupported(s, rc, file_obj(s, f), "the options of a socket are told to processes only: look again");
	else if (rc)
		return rc;
	name_distributor(s, f, sock->sk);
	return read_filter(s, f, sock->sk, out);
}

int sockopts_read(struct snap *s, struct cfile *f, struct text *out)
{
	return sockopts_read_without(s, f, out, NULL);
}

struct question {
	struct socket *sock;
	int level, option, answer;
};

static int ask_int(void *arg, unsigned long at)
{
	const struct page_of p = { (char __user *)at + sizeof(u64), (int __user *)at };
	union sockopt_val u = { .words = { 0 } };
	struct question *q = arg;
	int rc = ask(q->sock, &p, q->level, q->option, &u, sizeof(u.i));

	q->answer = u.i;
	return min(rc, 0);
}

int sockopt_int(struct socket *sock, int level, int option, int *v)
{
	struct question q = { sock, level, option, 0 };
	int rc = user_page(ask_int, &q);

	if (!rc)
		*v = q.answer;
	return rc;
}
