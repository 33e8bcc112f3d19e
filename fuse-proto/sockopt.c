// SPDX-License-Identifier: GPL-2.0-or-later
/* Socket options, for the rooms of sockets; from getsockopt(2) on a duplicate. */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <crfs/res/fd/sockopt.h>

#include "fdroom.h"
#include "sockopt.h"

#define BUF_LOCK 72	/* SO_BUF_LOCK, Linux 5.14 */

enum kind { OPT_INT, OPT_LINGER, OPT_TIME, OPT_BUF };

/** struct opt - @set: the option that sets it, where that is another one */
struct opt {
	const char *name;
	int level, get, set;
	enum kind kind;
};

static const struct opt opts[] = {
	{ "so_reuseaddr", SOL_SOCKET, SO_REUSEADDR, SO_REUSEADDR, OPT_INT },
	{ "so_reuseport", SOL_SOCKET, SO_REUSEPORT, SO_REUSEPORT, OPT_INT },
	{ "so_keepalive", SOL_SOCKET, SO_KEEPALIVE, SO_KEEPALIVE, OPT_INT },
	{ "so_oobinline", SOL_SOCKET, SO_OOBINLINE, SO_OOBINLINE, OPT_INT },
	{ "so_dontroute", SOL_SOCKET, SO_DONTROUTE, SO_DONTROUTE, OPT_INT },
	{ "so_priority", SOL_SOCKET, SO_PRIORITY, SO_PRIORITY, OPT_INT },
	{ "so_mark", SOL_SOCKET, SO_MARK, SO_MARK, OPT_INT },
	{ "so_rcvlowat", SOL_SOCKET, SO_RCVLOWAT, SO_RCVLOWAT, OPT_INT },
	{ "so_passcred", SOL_SOCKET, SO_PASSCRED, SO_PASSCRED, OPT_INT },
	{ "so_passsec", SOL_SOCKET, SO_PASSSEC, SO_PASSSEC, OPT_INT },
	{ "so_timestamp", SOL_SOCKET, SO_TIMESTAMP, SO_TIMESTAMP, OPT_INT },
	{ "so_timestampns", SOL_SOCKET, SO_TIMESTAMPNS, SO_TIMESTAMPNS, OPT_INT },
	{ "so_passpidfd", SOL_SOCKET, 76, 76, OPT_INT },	/* Linux 6.5 */
	{ "so_passrights", SOL_SOCKET, 83, 83, OPT_INT },	/* 6.16 */
	{ "so_inq", SOL_SOCKET, 84, 84, OPT_INT },		/* 6.17 */
	{ "so_peek_off", SOL_SOCKET, SO_PEEK_OFF, SO_PEEK_OFF, OPT_INT },
	{ "so_broadcast", SOL_SOCKET, SO_BROADCAST, SO_BROADCAST, OPT_INT },
	{ "so_no_check", SOL_SOCKET, SO_NO_CHECK, SO_NO_CHECK, OPT_INT },
	{ "so_rxq_ovfl", SOL_SOCKET, SO_RXQ_OVFL, SO_RXQ_OVFL, OPT_INT },
	{ "so_wifi_status", SOL_SOCKET, SO_WIFI_STATUS, SO_WIFI_STATUS, OPT_INT },
	{ "so_nofcs", SOL_SOCKET, SO_NOFCS, SO_NOFCS, OPT_INT },
	{ "so_select_err_queue", SOL_SOCKET, SO_SELECT_ERR_QUEUE, SO_SELECT_ERR_QUEUE, OPT_INT },
	{ "so_prefer_busy_poll", SOL_SOCKET, 69, 69, OPT_INT },	/* 5.11 */
	{ "so_busy_poll_budget", SOL_SOCKET, 70, 70, OPT_INT },
	{ "so_reserve_mem", SOL_SOCKET, 73, 73, OPT_INT },	/* 5.16 */
	{ "so_busy_poll", SOL_SOCKET, SO_BUSY_POLL, SO_BUSY_POLL, OPT_INT },
	{ "so_bindtoifindex", SOL_SOCKET, SO_BINDTOIFINDEX, SO_BINDTOIFINDEX, OPT_INT },
	{ "so_sndbuf", SOL_SOCKET, SO_SNDBUF, SO_SNDBUFFORCE, OPT_BUF },
	{ "so_rcvbuf", SOL_SOCKET, SO_RCVBUF, SO_RCVBUFFORCE, OPT_BUF },
	{ "so_linger", SOL_SOCKET, SO_LINGER, SO_LINGER, OPT_LINGER },
	{ "so_rcvtimeo_us", SOL_SOCKET, SO_RCVTIMEO, SO_RCVTIMEO, OPT_TIME },
	{ "so_sndtimeo_us", SOL_SOCKET, SO_SNDTIMEO, SO_SNDTIMEO, OPT_TIME },
	{ "ip_tos", IPPROTO_IP, IP_TOS, IP_TOS, OPT_INT },
	{ "ip_ttl", IPPROTO_IP, IP_TTL, IP_TTL, OPT_INT },
	{ "ip_freebind", IPPROTO_IP, IP_FREEBIND, IP_FREEBIND, OPT_INT },
	{ "ip_transparent", IPPROTO_IP, IP_TRANSPARENT, IP_TRANSPARENT, OPT_INT },
	{ "ipv6_v6only", IPPROTO_IPV6, IPV6_V6ONLY, IPV6_V6ONLY, OPT_INT },
	{ "ipv6_tclass", IPPROTO_IPV6, IPV6_TCLASS, IPV6_TCLASS, OPT_INT },
	{ "ipv6_unicast_hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS, IPV6_UNICAST_HOPS, OPT_INT },
	{ "tcp_nodelay", IPPROTO_TCP, TCP_NODELAY, TCP_NODELAY, OPT_INT },
	{ "tcp_maxseg", IPPROTO_TCP, TCP_MAXSEG, TCP_MAXSEG, OPT_INT },
	{ "tcp_cork", IPPROTO_TCP, TCP_CORK, TCP_CORK, OPT_INT },
	{ "tcp_keepidle", IPPROTO_TCP, TCP_KEEPIDLE, TCP_KEEPIDLE, OPT_INT },
	{ "tcp_keepintvl", IPPROTO_TCP, TCP_KEEPINTVL, TCP_KEEPINTVL, OPT_INT },
	{ "tcp_keepcnt", IPPROTO_TCP, TCP_KEEPCNT, TCP_KEEPCNT, OPT_INT },
	{ "tcp_syncnt", IPPROTO_TCP, TCP_SYNCNT, TCP_SYNCNT, OPT_INT },
	{ "tcp_linger2", IPPROTO_TCP, TCP_LINGER2, TCP_LINGER2, OPT_INT },
	{ "tcp_defer_accept", IPPROTO_TCP, TCP_DEFER_ACCEPT, TCP_DEFER_ACCEPT, OPT_INT },
	{ "tcp_user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT, TCP_USER_TIMEOUT, OPT_INT },
	{ "tcp_fastopen", IPPROTO_TCP, TCP_FASTOPEN, TCP_FASTOPEN, OPT_INT },
};
#define NR_OPTS (sizeof(opts) / sizeof(opts[0]))

int sock_int(int fd, int level, int option)
{
	socklen_t len = sizeof(int);
	int v = 0;

	return getsockopt(fd, level, option, &v, &len) < 0 ? -1 : v;
}

/* As one number; linger is on << 32 | seconds. */
static bool get(int fd, const struct opt *o, int64_t *v)
{
	union {
		int i;
		struct linger l;
		struct timeval t;
	} u = { .i = 0 };
	socklen_t len = sizeof(u);

	if (getsockopt(fd, o->level, o->get, &u, &len) < 0)
		return false;
	switch (o->kind) {
	case OPT_LINGER:
		*v = (int64_t)u.l.l_onoff << 32 | u.l.l_linger;
		break;
	case OPT_TIME:
		*v = u.t.tv_sec * 1000000LL + u.t.tv_usec;
		break;
	default:
		*v = u.i;
	}
	return true;
}

static bool set(int fd, const struct opt *o, int64_t v)
{
	struct linger l = { .l_onoff = v >> 32, .l_linger = v };
	struct timeval t = { .tv_sec = v / 1000000, .tv_usec = v % 1000000 };
	int i = o->kind == OPT_BUF ? v / 2 : v;

	switch (o->kind) {
	case OPT_LINGER:
		return setsockopt(fd, o->level, o->set, &l, sizeof(l)) == 0;
	case OPT_TIME:
		return setsockopt(fd, o->level, o->set, &t, sizeof(t)) == 0;
	default:
		return setsockopt(fd, o->level, o->set, &i, sizeof(i)) == 0;
	}
}

/* Buffers that the program did not set grow and shrink by themselves. */
static bool moves_by_itself(int fd, const struct opt *o)
{
	int locked = o->kind == OPT_BUF ? sock_int(fd, SOL_SOCKET, BUF_LOCK) : -1;

	return locked >= 0 && !(locked & (o->get == SO_SNDBUF ? 1 : 2));
}

/** struct fresh - options of a new socket of some kind, kept for all of that kind; @has: it has option i */
struct fresh {
	int domain, type, protocol;
	bool has[NR_OPTS];
	int64_t usual[NR_OPTS];
	struct fresh *next;
};

static const struct fresh *look_at_fresh(struct snap *s, int domain, int type, int protocol)
{
	struct fresh *f = pool_alloc(&s->scratch, sizeof(*f));
	int fd = f ? socket(domain, type | SOCK_CLOEXEC, protocol) : -1;
	size_t i;

	if (fd < 0)
		return NULL;
	*f = (struct fresh){ .domain = domain, .type = type, .protocol = protocol };
	for (i = 0; i < NR_OPTS; i++)
		f->has[i] = get(fd, &opts[i], &f->usual[i]);
	close(fd);
	f->next = s->fresh_sockets;
	return s->fresh_sockets = f;
}

static const struct fresh *fresh_like(struct snap *s, int fd)
{
	int domain = sock_int(fd, SOL_SOCKET, SO_DOMAIN), type = sock_int(fd, SOL_SOCKET, SO_TYPE);
	int protocol = sock_int(fd, SOL_SOCKET, SO_PROTOCOL);
	const struct fresh *f;

	for (f = s->fresh_sockets; f; f = f->next)
		if (f->domain == domain && f->type == type && f->protocol == protocol)
			return f;
	return look_at_fresh(s, domain, type, protocol);
}

int sockopts_read(struct snap *s, const struct file *f, struct text *out)
{
	const struct fresh *fresh = fresh_like(s, f->dup);
	struct crfs_sockopt rec;
	socklen_t none = 0;
	int64_t now;
	size_t i;

	text_section(out, &crfs_sockopt_shape);
	if (!fresh)
		return fail_on(s->err, -errno, file_obj(s, f), "a socket to compare with");
	for (i = 0; i < NR_OPTS; i++) {
		if (!fresh->has[i] || moves_by_itself(f->dup, &opts[i]) ||
		    !get(f->dup, &opts[i], &now) || now == fresh->usual[i])
			continue;
		rec.option = (struct crfs_str){ opts[i].name, strlen(opts[i].name) };
		rec.value = now;
		text_rec(out, &crfs_sockopt_shape, &rec);
	}
	/* With no room for it, the number of instructions is the answer (SO_GET_FILTER). */
	if (getsockopt(f->dup, SOL_SOCKET, SO_GET_FILTER, NULL, &none) == 0 && none)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "the socket has a filter "
				 "(SO_ATTACH_FILTER): let the program detach it");
	return 0;
}

static const struct opt *by_name(const struct crfs_str *name)
{
	size_t i;

	for (i = 0; i < NR_OPTS; i++)
		if (strlen(opts[i].name) == name->len && !memcmp(opts[i].name, name->p, name->len))
			return &opts[i];
	return NULL;
}

int sockopts_put(struct restore *rs, struct iobj *o, int section, int fd)
{
	size_t n, i;
	const struct crfs_sockopt *r = image_recs(o, o->room, section, &n);

	for (i = 0; i < n; i++) {
		const struct opt *opt = by_name(&r[i].option);

		if (!opt)
			return fail_on(rs->err, -EINVAL, o->path, "option %.*s: unknown",
				       r[i].option.len, r[i].option.p);
		if (!set(fd, opt, r[i].value))
			return fail_on(rs->err, -errno, o->path, "setting %s to %lld", opt->name,
				       (long long)r[i].value);
	}
	return 0;
}
