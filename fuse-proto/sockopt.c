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

enum kind { OPT_INT, OPT_LONG, OPT_LINGER, OPT_TIME, OPT_BUF, OPT_LATE };

/**
 * struct opt - an option
 * @set: the one that sets it, where that is another one
 * @kind: how its value looks; OPT_LATE: an int that a TCP socket takes only when it is connected
 */
struct opt {
	const char *name;
	int level, get, set;
	enum kind kind;
};

/* An option that is set as it is read, by its number where libc may not know it. */
#define SAME(name, level, nr) { name, level, nr, nr, OPT_INT }

static const struct opt opts[] = {
	{ "so_reuseaddr", SOL_SOCKET, SO_REUSEADDR, SO_REUSEADDR, OPT_INT },
	{ "so_reuseport", SOL_SOCKET, SO_REUSEPORT, SO_REUSEPORT, OPT_INT },
	{ "so_keepalive", SOL_SOCKET, SO_KEEPALIVE, SO_KEEPALIVE, OPT_INT },
	{ "so_oobinline", SOL_SOCKET, SO_OOBINLINE, SO_OOBINLINE, OPT_INT },
	{ "so_dontroute", SOL_SOCKET, SO_DONTROUTE, SO_DONTROUTE, OPT_INT },
	{ "so_mark", SOL_SOCKET, SO_MARK, SO_MARK, OPT_INT },
	{ "so_rcvlowat", SOL_SOCKET, SO_RCVLOWAT, SO_RCVLOWAT, OPT_INT },
	{ "so_passcred", SOL_SOCKET, SO_PASSCRED, SO_PASSCRED, OPT_INT },
	{ "so_passsec", SOL_SOCKET, SO_PASSSEC, SO_PASSSEC, OPT_INT },
	{ "so_timestamp", SOL_SOCKET, SO_TIMESTAMP, SO_TIMESTAMP, OPT_INT },
	{ "so_timestampns", SOL_SOCKET, SO_TIMESTAMPNS, SO_TIMESTAMPNS, OPT_INT },
	{ "so_busy_poll", SOL_SOCKET, SO_BUSY_POLL, SO_BUSY_POLL, OPT_INT },
	{ "so_bindtoifindex", SOL_SOCKET, SO_BINDTOIFINDEX, SO_BINDTOIFINDEX, OPT_INT },
	SAME("so_peek_off", SOL_SOCKET, SO_PEEK_OFF),
	SAME("so_select_err_queue", SOL_SOCKET, 45),
	{ "so_max_pacing_rate", SOL_SOCKET, 47, 47, OPT_LONG },
	SAME("so_zerocopy", SOL_SOCKET, 60),
	SAME("so_prefer_busy_poll", SOL_SOCKET, 69),
	SAME("so_busy_poll_budget", SOL_SOCKET, 70),
	SAME("so_reserve_mem", SOL_SOCKET, 73),
	SAME("so_txrehash", SOL_SOCKET, 74),
	SAME("so_rcvmark", SOL_SOCKET, 75),
	{ "so_timestamping", SOL_SOCKET, SO_TIMESTAMPING, SO_TIMESTAMPING, OPT_LATE },
	{ "so_sndbuf", SOL_SOCKET, SO_SNDBUF, SO_SNDBUFFORCE, OPT_BUF },
	{ "so_rcvbuf", SOL_SOCKET, SO_RCVBUF, SO_RCVBUFFORCE, OPT_BUF },
	{ "so_linger", SOL_SOCKET, SO_LINGER, SO_LINGER, OPT_LINGER },
	{ "so_rcvtimeo_us", SOL_SOCKET, SO_RCVTIMEO, SO_RCVTIMEO, OPT_TIME },
	{ "so_sndtimeo_us", SOL_SOCKET, SO_SNDTIMEO, SO_SNDTIMEO, OPT_TIME },
	{ "ip_tos", IPPROTO_IP, IP_TOS, IP_TOS, OPT_INT },
	/* behind ip_tos, which sets it too */
	{ "so_priority", SOL_SOCKET, SO_PRIORITY, SO_PRIORITY, OPT_INT },
	{ "ip_ttl", IPPROTO_IP, IP_TTL, IP_TTL, OPT_INT },
	{ "ip_freebind", IPPROTO_IP, IP_FREEBIND, IP_FREEBIND, OPT_INT },
	{ "ip_transparent", IPPROTO_IP, IP_TRANSPARENT, IP_TRANSPARENT, OPT_INT },
	SAME("ip_mtu_discover", IPPROTO_IP, IP_MTU_DISCOVER),
	SAME("ip_recverr", IPPROTO_IP, IP_RECVERR),
	SAME("ip_minttl", IPPROTO_IP, IP_MINTTL),
	SAME("ip_bind_address_no_port", IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT),
	SAME("ip_local_port_range", IPPROTO_IP, 51),
	SAME("ip_unicast_if", IPPROTO_IP, IP_UNICAST_IF),
	SAME("ip_pktinfo", IPPROTO_IP, IP_PKTINFO),
	SAME("ip_recvttl", IPPROTO_IP, IP_RECVTTL),
	SAME("ip_recvtos", IPPROTO_IP, IP_RECVTOS),
	{ "ipv6_v6only", IPPROTO_IPV6, IPV6_V6ONLY, IPV6_V6ONLY, OPT_INT },
	{ "ipv6_tclass", IPPROTO_IPV6, IPV6_TCLASS, IPV6_TCLASS, OPT_INT },
	{ "ipv6_unicast_hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS, IPV6_UNICAST_HOPS, OPT_INT },
	SAME("ipv6_mtu_discover", IPPROTO_IPV6, IPV6_MTU_DISCOVER),
	SAME("ipv6_recverr", IPPROTO_IPV6, IPV6_RECVERR),
	SAME("ipv6_flowinfo_send", IPPROTO_IPV6, 33),
	SAME("ipv6_recvpktinfo", IPPROTO_IPV6, IPV6_RECVPKTINFO),
	SAME("ipv6_recvhoplimit", IPPROTO_IPV6, IPV6_RECVHOPLIMIT),
	SAME("ipv6_recvtclass", IPPROTO_IPV6, IPV6_RECVTCLASS),
	SAME("ipv6_dontfrag", IPPROTO_IPV6, IPV6_DONTFRAG),
	SAME("ipv6_autoflowlabel", IPPROTO_IPV6, 70),
	SAME("ipv6_addr_preferences", IPPROTO_IPV6, 72),
	SAME("ipv6_minhopcount", IPPROTO_IPV6, 73),
	SAME("ipv6_transparent", IPPROTO_IPV6, 75),
	SAME("ipv6_unicast_if", IPPROTO_IPV6, 76),
	SAME("ipv6_freebind", IPPROTO_IPV6, 78),
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
	SAME("tcp_window_clamp", IPPROTO_TCP, TCP_WINDOW_CLAMP),
	SAME("tcp_thin_linear_timeouts", IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS),
	SAME("tcp_notsent_lowat", IPPROTO_TCP, TCP_NOTSENT_LOWAT),
	SAME("tcp_save_syn", IPPROTO_TCP, TCP_SAVE_SYN),
	SAME("tcp_fastopen_connect", IPPROTO_TCP, TCP_FASTOPEN_CONNECT),
	SAME("tcp_fastopen_no_cookie", IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE),
	SAME("tcp_inq", IPPROTO_TCP, TCP_INQ),
	SAME("tcp_tx_delay", IPPROTO_TCP, TCP_TX_DELAY),
	SAME("tcp_rto_max_ms", IPPROTO_TCP, 44),
	SAME("tcp_rto_min_us", IPPROTO_TCP, 45),
	SAME("tcp_delack_max_us", IPPROTO_TCP, 46),
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
		uint64_t n;
	} u = { .t = { 0, 0 } };
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
	case OPT_LONG:
		*v = u.n;
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
	case OPT_LONG:
		return setsockopt(fd, o->level, o->set, &v, sizeof(v)) == 0;
	default:
		return setsockopt(fd, o->level, o->set, &i, sizeof(i)) == 0;
	}
}

/* Buffers that the program did not set grow and shrink by themselves. */
static bool moves_by_itself(int fd, const struct opt *o)
{
	int locked;

	if (o->kind != OPT_BUF)
		return false;
	locked = sock_int(fd, SOL_SOCKET, BUF_LOCK);
	return locked >= 0 && !(locked & (o->get == SO_SNDBUF ? 1 : 2));
}

static bool listed(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/* With no room for it, the number of instructions is the answer; eBPF has none to show. */
static void refuse_filter(struct snap *s, const struct file *f)
{
	socklen_t none = 0;
	int rc = getsockopt(f->dup, SOL_SOCKET, SO_GET_FILTER, NULL, &none);

	if ((rc == 0 && none) || (rc < 0 && errno == EACCES))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "the socket has a filter "
				 "(SO_ATTACH_FILTER): let the program detach it");
}

int sockopts_read(struct snap *s, const struct file *f, struct text *out)
{
	return sockopts_read_without(s, f, out, NULL);
}

/** struct usual - what a fresh socket of a kind has; asked once, for there may be thousands to compare */
struct usual {
	int domain, type, protocol;
	bool has[NR_OPTS];
	int64_t value[NR_OPTS];
	struct usual *next;
};

static int ask_fresh(struct usual *u)
{
	int fd = socket(u->domain, u->type | SOCK_CLOEXEC, u->protocol);
	size_t i;

	if (fd < 0)
		return -errno;
	for (i = 0; i < NR_OPTS; i++)
		u->has[i] = get(fd, &opts[i], &u->value[i]);
	close(fd);
	return 0;
}

/* Return: of sockets like @fd; NULL, and why in errno */
static const struct usual *usual_of(struct snap *s, int fd)
{
	struct usual key = { .domain = sock_int(fd, SOL_SOCKET, SO_DOMAIN),
			     .type = sock_int(fd, SOL_SOCKET, SO_TYPE),
			     .protocol = sock_int(fd, SOL_SOCKET, SO_PROTOCOL) };
	struct usual *u;

	for (u = s->usual; u; u = u->next)
		if (u->domain == key.domain && u->type == key.type && u->protocol == key.protocol)
			return u;
	u = pool_alloc(&s->scratch, sizeof(*u));
	if (!u) {
		errno = ENOMEM;
		return NULL;
	}
	*u = key;
	if (ask_fresh(u))
		return NULL;
	u->next = s->usual;
	return s->usual = u;
}

int sockopts_read_without(struct snap *s, const struct file *f, struct text *out,
			  const char *const *skip)
{
	const struct usual *u = usual_of(s, f->dup);
	struct crfs_sockopt rec;
	int64_t now;
	size_t i;

	text_section(out, &crfs_sockopt_shape);
	if (!u)
		return fail_on(s->err, -errno, file_obj(s, f), "a socket to compare with");
	for (i = 0; i < NR_OPTS; i++) {
		if (!u->has[i] || listed(skip, opts[i].name) || moves_by_itself(f->dup, &opts[i]) ||
		    !get(f->dup, &opts[i], &now) || now == u->value[i])
			continue;
		rec.option = (struct crfs_str){ opts[i].name, strlen(opts[i].name) };
		rec.value = now;
		text_rec(out, &crfs_sockopt_shape, &rec);
	}
	refuse_filter(s, f);
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

static int put(struct restore *rs, struct iobj *o, int section, int fd, bool late)
{
	size_t n, i;
	const struct crfs_sockopt *r = image_recs(o, o->room, section, &n);

	for (i = 0; i < n; i++) {
		const struct opt *opt = by_name(&r[i].option);

		if (!opt)
			return fail_on(rs->err, -EINVAL, o->path, "option %.*s: unknown",
				       r[i].option.len, r[i].option.p);
		if ((opt->kind == OPT_LATE) == late && !set(fd, opt, r[i].value))
			return fail_on(rs->err, -errno, o->path, "setting %s to %lld", opt->name,
				       (long long)r[i].value);
	}
	return 0;
}

int sockopts_put(struct restore *rs, struct iobj *o, int section, int fd)
{
	int rc = put(rs, o, section, fd, false);

	return rc ? rc : put(rs, o, section, fd, true);
}

int sockopts_put_first(struct restore *rs, struct iobj *o, int section, int fd)
{
	return put(rs, o, section, fd, false);
}

int sockopts_put_late(struct restore *rs, struct iobj *o, int section, int fd)
{
	return put(rs, o, section, fd, true);
}

void sockopts_check(struct image *im, struct iobj *o, int section)
{
	size_t n, i;
	const struct crfs_sockopt *r = image_recs(o, o->room, section, &n);

	for (i = 0; i < n; i++)
		if (!by_name(&r[i].option))
			image_mismatch(im, -EINVAL, o->path, "option %.*s: unknown",
				       r[i].option.len, r[i].option.p);
}

int64_t sockopt_value(const struct iobj *o, int section, const char *name, int64_t usual)
{
	size_t n, i;
	const struct crfs_sockopt *r = image_recs(o, o->room, section, &n);

	for (i = 0; i < n; i++)
		if (strlen(name) == r[i].option.len && !memcmp(name, r[i].option.p, r[i].option.len))
			return r[i].value;
	return usual;
}
