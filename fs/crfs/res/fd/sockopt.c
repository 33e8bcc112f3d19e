// SPDX-License-Identifier: GPL-2.0-only
/*
 * Socket options, for the rooms of sockets: those that are not as in a fresh socket of the kind.
 *
 * As getsockopt(2) says them, so that none is forgotten. The call is exported since 6.7; on older
 * kernels no socket is carried. The table is that of fuse-proto/sockopt.c, line by line
 * (tests/kernel/both.bats looks).
 */
#include "internal.h"
#include "res/fd/sockopt.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)

#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/sockptr.h>
#include <linux/socket.h>
#include <linux/tcp.h>
#include <linux/uaccess.h>
#include <linux/udp.h>
#include <net/sock.h>

#include <crfs/res/fd/sockopt.h>

#define BUF_LOCK 72	/* SO_BUF_LOCK */
#define NR_WORDS 4

/* As 64-bit programs say it. */
#define SO_TIMESTAMP SO_TIMESTAMP_OLD
#define SO_TIMESTAMPNS SO_TIMESTAMPNS_OLD
#define SO_TIMESTAMPING SO_TIMESTAMPING_OLD
#define SO_RCVTIMEO SO_RCVTIMEO_OLD
#define SO_SNDTIMEO SO_SNDTIMEO_OLD
#define UDPLITE 136
#define RAW 255
#define ICMPV6 58

enum kind { OPT_INT, OPT_GROUP, OPT_LINGER, OPT_TIME, OPT_BUF, OPT_LONG, OPT_WORD0, OPT_WORD1, OPT_WORD2, OPT_WORD3 };

/** struct opt - an option; @kind: how its value looks, as in fuse-proto/sockopt.c */
struct opt {
	const char *name;
	int level, get, set;
	enum kind kind;
	bool late;
};

#define OPT(name, level, n, kind) { name, level, n, n, kind, false }

static const struct opt opts[] = {
	OPT("so_reuseaddr", SOL_SOCKET, SO_REUSEADDR, OPT_INT),
	OPT("so_reuseport", SOL_SOCKET, SO_REUSEPORT, OPT_INT),
	OPT("so_keepalive", SOL_SOCKET, SO_KEEPALIVE, OPT_INT),
	OPT("so_oobinline", SOL_SOCKET, SO_OOBINLINE, OPT_INT),
	OPT("so_dontroute", SOL_SOCKET, SO_DONTROUTE, OPT_INT),
	OPT("so_priority", SOL_SOCKET, SO_PRIORITY, OPT_INT),
	OPT("so_mark", SOL_SOCKET, SO_MARK, OPT_INT),
	OPT("so_rcvlowat", SOL_SOCKET, SO_RCVLOWAT, OPT_INT),
	OPT("so_passcred", SOL_SOCKET, SO_PASSCRED, OPT_INT),
	OPT("so_passsec", SOL_SOCKET, SO_PASSSEC, OPT_INT),
	OPT("so_timestamp", SOL_SOCKET, SO_TIMESTAMP, OPT_INT),
	OPT("so_timestampns", SOL_SOCKET, SO_TIMESTAMPNS, OPT_INT),
	OPT("so_busy_poll", SOL_SOCKET, SO_BUSY_POLL, OPT_INT),
	OPT("so_bindtoifindex", SOL_SOCKET, SO_BINDTOIFINDEX, OPT_INT),
	{ "so_sndbuf", SOL_SOCKET, SO_SNDBUF, SO_SNDBUFFORCE, OPT_BUF, false },
	{ "so_rcvbuf", SOL_SOCKET, SO_RCVBUF, SO_RCVBUFFORCE, OPT_BUF, false },
	OPT("so_linger", SOL_SOCKET, SO_LINGER, OPT_LINGER),
	OPT("so_rcvtimeo_us", SOL_SOCKET, SO_RCVTIMEO, OPT_TIME),
	OPT("so_sndtimeo_us", SOL_SOCKET, SO_SNDTIMEO, OPT_TIME),
	OPT("ip_tos", IPPROTO_IP, IP_TOS, OPT_INT),
	OPT("ip_ttl", IPPROTO_IP, IP_TTL, OPT_INT),
	OPT("ip_freebind", IPPROTO_IP, IP_FREEBIND, OPT_INT),
	OPT("ip_transparent", IPPROTO_IP, IP_TRANSPARENT, OPT_INT),
	OPT("ipv6_v6only", IPPROTO_IPV6, IPV6_V6ONLY, OPT_INT),
	OPT("ipv6_tclass", IPPROTO_IPV6, IPV6_TCLASS, OPT_INT),
	OPT("ipv6_unicast_hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS, OPT_INT),
	OPT("tcp_nodelay", IPPROTO_TCP, TCP_NODELAY, OPT_INT),
	OPT("tcp_maxseg", IPPROTO_TCP, TCP_MAXSEG, OPT_INT),
	OPT("tcp_cork", IPPROTO_TCP, TCP_CORK, OPT_INT),
	OPT("tcp_keepidle", IPPROTO_TCP, TCP_KEEPIDLE, OPT_INT),
	OPT("tcp_keepintvl", IPPROTO_TCP, TCP_KEEPINTVL, OPT_INT),
	OPT("tcp_keepcnt", IPPROTO_TCP, TCP_KEEPCNT, OPT_INT),
	OPT("tcp_syncnt", IPPROTO_TCP, TCP_SYNCNT, OPT_INT),
	OPT("tcp_linger2", IPPROTO_TCP, TCP_LINGER2, OPT_INT),
	OPT("tcp_defer_accept", IPPROTO_TCP, TCP_DEFER_ACCEPT, OPT_INT),
	OPT("tcp_user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT, OPT_INT),
	OPT("tcp_fastopen", IPPROTO_TCP, TCP_FASTOPEN, OPT_INT),
	OPT("so_debug", SOL_SOCKET, SO_DEBUG, OPT_INT),
	OPT("so_broadcast", SOL_SOCKET, SO_BROADCAST, OPT_INT),
	OPT("so_no_check", SOL_SOCKET, SO_NO_CHECK, OPT_INT),
	OPT("so_timestamp_new", SOL_SOCKET, 63, OPT_INT),
	OPT("so_timestampns_new", SOL_SOCKET, 64, OPT_INT),
	{ "so_timestamping", SOL_SOCKET, SO_TIMESTAMPING, SO_TIMESTAMPING, OPT_LONG, true },
	OPT("so_rxq_ovfl", SOL_SOCKET, SO_RXQ_OVFL, OPT_INT),
	OPT("so_wifi_status", SOL_SOCKET, SO_WIFI_STATUS, OPT_INT),
	OPT("so_peek_off", SOL_SOCKET, SO_PEEK_OFF, OPT_INT),
	OPT("so_nofcs", SOL_SOCKET, SO_NOFCS, OPT_INT),
	OPT("so_select_err_queue", SOL_SOCKET, SO_SELECT_ERR_QUEUE, OPT_INT),
	OPT("so_max_pacing_rate", SOL_SOCKET, SO_MAX_PACING_RATE, OPT_LONG),
	OPT("so_zerocopy", SOL_SOCKET, 60, OPT_INT),
	OPT("so_txtime", SOL_SOCKET, 61, OPT_LONG),
	OPT("so_prefer_busy_poll", SOL_SOCKET, 69, OPT_INT),
	OPT("so_reserve_mem", SOL_SOCKET, 73, OPT_INT),
	OPT("so_rcvmark", SOL_SOCKET, 75, OPT_INT),
	OPT("so_passpidfd", SOL_SOCKET, 76, OPT_INT),
	OPT("so_rcvpriority", SOL_SOCKET, 82, OPT_INT),
	OPT("so_passrights", SOL_SOCKET, 83, OPT_INT),
	OPT("so_inq", SOL_SOCKET, 84, OPT_INT),
	OPT("so_busy_poll_budget", SOL_SOCKET, 70, OPT_INT),
	OPT("so_txrehash", SOL_SOCKET, 74, OPT_INT),
	OPT("ip_hdrincl", IPPROTO_IP, IP_HDRINCL, OPT_INT),
	OPT("ip_recvopts", IPPROTO_IP, IP_RECVOPTS, OPT_INT),
	OPT("ip_retopts", IPPROTO_IP, IP_RETOPTS, OPT_INT),
	OPT("ip_pktinfo", IPPROTO_IP, IP_PKTINFO, OPT_INT),
	OPT("ip_mtu_discover", IPPROTO_IP, IP_MTU_DISCOVER, OPT_INT),
	OPT("ip_recverr", IPPROTO_IP, IP_RECVERR, OPT_INT),
	OPT("ip_recverr_rfc4884", IPPROTO_IP, 26, OPT_INT),
	OPT("ip_recvttl", IPPROTO_IP, IP_RECVTTL, OPT_INT),
	OPT("ip_recvtos", IPPROTO_IP, IP_RECVTOS, OPT_INT),
	OPT("ip_recvorigdstaddr", IPPROTO_IP, IP_RECVORIGDSTADDR, OPT_INT),
	OPT("ip_recvfragsize", IPPROTO_IP, IP_RECVFRAGSIZE, OPT_INT),
	OPT("ip_passsec", IPPROTO_IP, IP_PASSSEC, OPT_INT),
	OPT("ip_minttl", IPPROTO_IP, IP_MINTTL, OPT_INT),
	OPT("ip_nodefrag", IPPROTO_IP, IP_NODEFRAG, OPT_INT),
	OPT("ip_checksum", IPPROTO_IP, IP_CHECKSUM, OPT_INT),
	OPT("ip_bind_address_no_port", IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, OPT_INT),
	OPT("ip_local_port_range", IPPROTO_IP, 51, OPT_INT),
	OPT("ip_multicast_if", IPPROTO_IP, IP_MULTICAST_IF, OPT_GROUP),
	OPT("ip_multicast_ttl", IPPROTO_IP, IP_MULTICAST_TTL, OPT_GROUP),
	OPT("ip_multicast_loop", IPPROTO_IP, IP_MULTICAST_LOOP, OPT_GROUP),
	OPT("ip_multicast_all", IPPROTO_IP, IP_MULTICAST_ALL, OPT_GROUP),
	OPT("ip_unicast_if", IPPROTO_IP, IP_UNICAST_IF, OPT_INT),
	OPT("ipv6_2292pktinfo", IPPROTO_IPV6, IPV6_2292PKTINFO, OPT_INT),
	OPT("ipv6_2292hoplimit", IPPROTO_IPV6, IPV6_2292HOPLIMIT, OPT_INT),
	OPT("ipv6_2292rthdr", IPPROTO_IPV6, IPV6_2292RTHDR, OPT_INT),
	OPT("ipv6_2292hopopts", IPPROTO_IPV6, IPV6_2292HOPOPTS, OPT_INT),
	OPT("ipv6_2292dstopts", IPPROTO_IPV6, IPV6_2292DSTOPTS, OPT_INT),
	OPT("ipv6_flowinfo", IPPROTO_IPV6, 11, OPT_INT),
	OPT("ipv6_flowinfo_send", IPPROTO_IPV6, 33, OPT_INT),
	OPT("ipv6_recvpktinfo", IPPROTO_IPV6, IPV6_RECVPKTINFO, OPT_INT),
	OPT("ipv6_recvhoplimit", IPPROTO_IPV6, IPV6_RECVHOPLIMIT, OPT_INT),
	OPT("ipv6_recvrthdr", IPPROTO_IPV6, IPV6_RECVRTHDR, OPT_INT),
	OPT("ipv6_recvhopopts", IPPROTO_IPV6, IPV6_RECVHOPOPTS, OPT_INT),
	OPT("ipv6_recvdstopts", IPPROTO_IPV6, IPV6_RECVDSTOPTS, OPT_INT),
	OPT("ipv6_recvtclass", IPPROTO_IPV6, IPV6_RECVTCLASS, OPT_INT),
	OPT("ipv6_recvpathmtu", IPPROTO_IPV6, IPV6_RECVPATHMTU, OPT_INT),
	OPT("ipv6_recvorigdstaddr", IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, OPT_INT),
	OPT("ipv6_recvfragsize", IPPROTO_IPV6, IPV6_RECVFRAGSIZE, OPT_INT),
	OPT("ipv6_recverr", IPPROTO_IPV6, IPV6_RECVERR, OPT_INT),
	OPT("ipv6_recverr_rfc4884", IPPROTO_IPV6, 31, OPT_INT),
	OPT("ipv6_mtu_discover", IPPROTO_IPV6, IPV6_MTU_DISCOVER, OPT_INT),
	OPT("ipv6_dontfrag", IPPROTO_IPV6, IPV6_DONTFRAG, OPT_INT),
	OPT("ipv6_freebind", IPPROTO_IPV6, IPV6_FREEBIND, OPT_INT),
	OPT("ipv6_transparent", IPPROTO_IPV6, IPV6_TRANSPARENT, OPT_INT),
	OPT("ipv6_hdrincl", IPPROTO_IPV6, IPV6_HDRINCL, OPT_INT),
	OPT("ipv6_autoflowlabel", IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, OPT_INT),
	OPT("ipv6_addr_preferences", IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, OPT_INT),
	OPT("ipv6_minhopcount", IPPROTO_IPV6, IPV6_MINHOPCOUNT, OPT_INT),
	OPT("ipv6_multicast_hops", IPPROTO_IPV6, IPV6_MULTICAST_HOPS, OPT_GROUP),
	OPT("ipv6_multicast_if", IPPROTO_IPV6, IPV6_MULTICAST_IF, OPT_GROUP),
	OPT("ipv6_multicast_loop", IPPROTO_IPV6, IPV6_MULTICAST_LOOP, OPT_GROUP),
	OPT("ipv6_multicast_all", IPPROTO_IPV6, IPV6_MULTICAST_ALL, OPT_GROUP),
	OPT("ipv6_unicast_if", IPPROTO_IPV6, IPV6_UNICAST_IF, OPT_INT),
	OPT("ipv6_router_alert_isolate", IPPROTO_IPV6, IPV6_ROUTER_ALERT_ISOLATE, OPT_INT),
	OPT("udp_cork", IPPROTO_UDP, UDP_CORK, OPT_INT),
	OPT("udp_encap", IPPROTO_UDP, UDP_ENCAP, OPT_INT),
	OPT("udp_no_check6_tx", IPPROTO_UDP, UDP_NO_CHECK6_TX, OPT_INT),
	OPT("udp_no_check6_rx", IPPROTO_UDP, UDP_NO_CHECK6_RX, OPT_INT),
	OPT("udp_segment", IPPROTO_UDP, UDP_SEGMENT, OPT_INT),
	OPT("udp_gro", IPPROTO_UDP, UDP_GRO, OPT_INT),
	OPT("udplite_send_cscov", UDPLITE, 10, OPT_INT),
	OPT("udplite_recv_cscov", UDPLITE, 11, OPT_INT),
	OPT("icmp_filter", RAW, 1, OPT_INT),
	OPT("raw_ipv6_checksum", RAW, IPV6_CHECKSUM, OPT_INT),
	OPT("icmpv6_filter_0", ICMPV6, 1, OPT_WORD0),
	OPT("icmpv6_filter_1", ICMPV6, 1, OPT_WORD1),
	OPT("icmpv6_filter_2", ICMPV6, 1, OPT_WORD2),
	OPT("icmpv6_filter_3", ICMPV6, 1, OPT_WORD3),
	OPT("tcp_window_clamp", IPPROTO_TCP, TCP_WINDOW_CLAMP, OPT_INT),
	OPT("tcp_thin_linear_timeouts", IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, OPT_INT),
	OPT("tcp_notsent_lowat", IPPROTO_TCP, TCP_NOTSENT_LOWAT, OPT_INT),
	OPT("tcp_save_syn", IPPROTO_TCP, TCP_SAVE_SYN, OPT_INT),
	OPT("tcp_fastopen_connect", IPPROTO_TCP, TCP_FASTOPEN_CONNECT, OPT_INT),
	OPT("tcp_fastopen_no_cookie", IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, OPT_INT),
	OPT("tcp_inq", IPPROTO_TCP, TCP_INQ, OPT_INT),
	OPT("tcp_tx_delay", IPPROTO_TCP, TCP_TX_DELAY, OPT_INT),
	OPT("tcp_rto_max_ms", IPPROTO_TCP, 44, OPT_INT),
	OPT("tcp_rto_min_us", IPPROTO_TCP, 45, OPT_INT),
	OPT("tcp_delack_max_us", IPPROTO_TCP, 46, OPT_INT),
	OPT("tcp_fastopen_key_0", IPPROTO_TCP, TCP_FASTOPEN_KEY, OPT_WORD0),
	OPT("tcp_fastopen_key_1", IPPROTO_TCP, TCP_FASTOPEN_KEY, OPT_WORD1),
	OPT("tcp_fastopen_key_2", IPPROTO_TCP, TCP_FASTOPEN_KEY, OPT_WORD2),
	OPT("tcp_fastopen_key_3", IPPROTO_TCP, TCP_FASTOPEN_KEY, OPT_WORD3),
	OPT("packet_version", SOL_PACKET, PACKET_VERSION, OPT_INT),
	OPT("packet_auxdata", SOL_PACKET, PACKET_AUXDATA, OPT_INT),
	OPT("packet_origdev", SOL_PACKET, PACKET_ORIGDEV, OPT_INT),
	OPT("packet_reserve", SOL_PACKET, PACKET_RESERVE, OPT_INT),
	OPT("packet_loss", SOL_PACKET, PACKET_LOSS, OPT_INT),
	OPT("packet_vnet_hdr", SOL_PACKET, PACKET_VNET_HDR, OPT_INT),
	OPT("packet_vnet_hdr_sz", SOL_PACKET, 24, OPT_INT),
	OPT("packet_timestamp", SOL_PACKET, PACKET_TIMESTAMP, OPT_INT),
	OPT("packet_tx_has_off", SOL_PACKET, PACKET_TX_HAS_OFF, OPT_INT),
	OPT("packet_qdisc_bypass", SOL_PACKET, PACKET_QDISC_BYPASS, OPT_INT),
	OPT("packet_copy_thresh", SOL_PACKET, PACKET_COPY_THRESH, OPT_INT),
	OPT("packet_ignore_outgoing", SOL_PACKET, PACKET_IGNORE_OUTGOING, OPT_INT),
	OPT("netlink_pktinfo", SOL_NETLINK, NETLINK_PKTINFO, OPT_INT),
	OPT("netlink_broadcast_error", SOL_NETLINK, NETLINK_BROADCAST_ERROR, OPT_INT),
	OPT("netlink_no_enobufs", SOL_NETLINK, NETLINK_NO_ENOBUFS, OPT_INT),
	OPT("netlink_listen_all_nsid", SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, OPT_INT),
	OPT("netlink_cap_ack", SOL_NETLINK, NETLINK_CAP_ACK, OPT_INT),
	OPT("netlink_ext_ack", SOL_NETLINK, NETLINK_EXT_ACK, OPT_INT),
	OPT("netlink_get_strict_chk", SOL_NETLINK, NETLINK_GET_STRICT_CHK, OPT_INT),
};

union val {
	int i;
	struct linger l;
	struct __kernel_old_timeval t;
	s64 words[NR_WORDS];
};

/** struct page_of - memory of the caller, in which answers are given; @len behind the value */
struct page_of {
	char __user *value;
	int __user *len;
};

/* getsockopt(2) of up to @size bytes. Return: bytes, or a negative errno */
static int ask(struct socket *sock, const struct page_of *p, int level, int option, void *buf, int size)
{
	int len, rc;

	if (put_user(size, p->len) || clear_user(p->value, size))
		return -EFAULT;
	rc = do_sock_getsockopt(sock, false, level, option, USER_SOCKPTR(p->value),
				USER_SOCKPTR(p->len));
	if (rc || get_user(len, p->len))
		return rc ? rc : -EFAULT;
	if (buf && copy_from_user(buf, p->value, min(len, size)))
		return -EFAULT;
	return len;
}

/* As one number; linger is on << 32 | seconds. */
static bool get(struct socket *sock, const struct page_of *p, const struct opt *o, s64 *v)
{
	union val u = { .words = { 0 } };

	if (ask(sock, p, o->level, o->get, &u, o->kind == OPT_LONG ? sizeof(s64) : sizeof(u)) < 0)
		return false;
	switch (o->kind) {
	case OPT_LINGER:
		*v = (s64)u.l.l_onoff << 32 | u.l.l_linger;
		break;
	case OPT_TIME:
		*v = u.t.tv_sec * 1000000LL + u.t.tv_usec;
		break;
	case OPT_LONG ... OPT_WORD3:
		*v = u.words[o->kind == OPT_LONG ? 0 : o->kind - OPT_WORD0];
		break;
	default:
		*v = u.i;
	}
	return true;
}

/* Buffers that the program did not set grow and shrink by themselves. */
static bool moves_by_itself(struct socket *sock, const struct page_of *p, const struct opt *o)
{
	int locked = 0;

	return o->kind == OPT_BUF &&
	       ask(sock, p, SOL_SOCKET, BUF_LOCK, &locked, sizeof(locked)) > 0 &&
	       !(locked & (o->get == SO_SNDBUF ? 1 : 2));
}

static void add_row(struct text *out, const char *name, s64 value)
{
	struct crfs_sockopt rec = { .option = str_of(name), .value = value };

	text_rec(out, &crfs_sockopt_shape, &rec);
}

/* Options whose value is no number: nobody uses them, and they are named. */
static const struct {
	const char *name;
	int level, option;
} blobs[] = {
	{ "IP_OPTIONS", IPPROTO_IP, IP_OPTIONS },
	{ "IPV6_HOPOPTS", IPPROTO_IPV6, IPV6_HOPOPTS },
	{ "IPV6_RTHDR", IPPROTO_IPV6, IPV6_RTHDR },
	{ "IPV6_RTHDRDSTOPTS", IPPROTO_IPV6, IPV6_RTHDRDSTOPTS },
	{ "IPV6_DSTOPTS", IPPROTO_IPV6, IPV6_DSTOPTS },
};

static void refuse_blobs(struct snap *s, const struct cfile *f, struct socket *sock,
			 const struct page_of *p)
{
	const int domain = sock->sk->sk_family;
	size_t i;

	if (domain != AF_INET && domain != AF_INET6)
		return;
	for (i = 0; i < ARRAY_SIZE(blobs); i++)
		if ((blobs[i].level != IPPROTO_IPV6 || domain == AF_INET6) &&
		    ask(sock, p, blobs[i].level, blobs[i].option, NULL, 2048) > 0)
			snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
					 "the socket has %s, which cannot be carried yet: let the program do without",
					 blobs[i].name);
}

struct reading {
	struct snap *s;
	struct cfile *f;
	struct socket *sock, *fresh;
	struct text *out;
};

static int read_all(void *arg, unsigned long at)
{
	const struct reading *r = arg;
	const struct page_of p = { (char __user *)at + sizeof(u64), (int __user *)at };
	s64 now, usual;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(opts); i++)
		if ((opts[i].kind != OPT_GROUP || r->sock->type != SOCK_STREAM) &&
		    get(r->fresh, &p, &opts[i], &usual) && get(r->sock, &p, &opts[i], &now) &&
		    now != usual && !moves_by_itself(r->sock, &p, &opts[i]))
			add_row(r->out, opts[i].name, now);
	refuse_blobs(r->s, r->f, r->sock, &p);
	return 0;
}

static void read_filter(struct snap *s, struct cfile *f, struct socket *sock, struct text *out)
{
	if (rcu_access_pointer(sock->sk->sk_filter))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "a filter (SO_ATTACH_FILTER): the kernel filesystem does not carry it yet: use -t fuse.crfs");
	if (sock_flag(sock->sk, SOCK_FILTER_LOCKED))
		add_row(out, "so_lock_filter", 1);
}

bool sockopts_can(void)
{
	return true;
}

int sockopts_read(struct snap *s, struct cfile *f, struct text *out)
{
	struct socket *sock = sock_from_file(f->file);
	struct reading r = { .s = s, .f = f, .sock = sock, .out = out };
	int rc = sock_create(sock->sk->sk_family, sock->type, sock->sk->sk_protocol, &r.fresh);

	text_section(out, &crfs_sockopt_shape);
	if (rc)
		return rc;
	rc = user_page(read_all, &r);
	sock_release(r.fresh);
	if (rc == -EOPNOTSUPP)	/* by a thread of the kernel */
		snap_unsupported(s, rc, file_obj(s, f), "the options of a socket are told to processes only: look again");
	else if (rc)
		return rc;
	read_filter(s, f, sock, out);
	return 0;
}

#else

bool sockopts_can(void)
{
	return false;
}

int sockopts_read(struct snap *s, struct cfile *f, struct text *out)
{
	return -EOPNOTSUPP;
}

#endif
