// SPDX-License-Identifier: GPL-2.0-or-later
/* Socket options, for the rooms of sockets; from getsockopt(2) on a duplicate. */
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <crfs/res/fd/sockopt.h>

#include "fdroom.h"
#include "kmem.h"
#include "res/inode/filter.h"
#include "sockopt.h"
#include "sock_view.h"

#define BUF_LOCK 72	/* SO_BUF_LOCK, Linux 5.14 */
#define FILTER "so_attach_filter"
#define LOCK_FILTER "so_lock_filter"
#define NR_WORDS 4	/* of 64 bits: struct icmp6_filter */

/* linux/in.h has these under names that netinet/in.h does not share */
#define UDPLITE 136
#define RAW 255
#define ICMPV6 58

enum kind { OPT_INT, OPT_GROUP, OPT_LINGER, OPT_TIME, OPT_BUF, OPT_LONG, OPT_WORD0, OPT_WORD1, OPT_WORD2, OPT_WORD3 };

/**
 * struct opt - an option
 * @kind: how its value looks; OPT_GROUP: an int that only datagrams are for: a connection that was
 *	accepted has what the packet of the other side says, and nobody can set that
 * @set: the one that sets it, where that is another one
 * @late: a TCP socket takes it only when it is connected
 * The order is that of the rows, and does not matter to who puts them back.
 */
struct opt {
	const char *name;
	int level, get, set;
	enum kind kind;
	bool late;
};

/* An option that is set as it is read; by its number where libc or the kernel of the build may not know it. */
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
#define NR_OPTS (sizeof(opts) / sizeof(opts[0]))

int sock_int(int fd, int level, int option)
{
	socklen_t len = sizeof(int);
	int v = 0;

	return getsockopt(fd, level, option, &v, &len) < 0 ? -1 : v;
}

/* What a getsockopt(2) or setsockopt(2) of any kind moves. */
union val {
	int i;
	struct linger l;
	struct timeval t;
	int64_t words[NR_WORDS];
};

/* As one number; linger is on << 32 | seconds. */
static bool get(int fd, const struct opt *o, int64_t *v)
{
	union val u = { .words = { 0 } };
	socklen_t len = o->kind == OPT_LONG ? sizeof(int64_t) : sizeof(u);

	if (getsockopt(fd, o->level, o->get, &u, &len) < 0)
		return false;
	switch (o->kind) {
	case OPT_LINGER:
		*v = (int64_t)u.l.l_onoff << 32 | u.l.l_linger;
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

static bool listed(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static bool set(int fd, const struct opt *o, int64_t v)
{
	union val u = { .words = { 0 } };
	socklen_t len = sizeof(u.i);

	switch (o->kind) {
	case OPT_LINGER:
		u.l = (struct linger){ .l_onoff = v >> 32, .l_linger = v };
		len = sizeof(u.l);
		break;
	case OPT_TIME:
		u.t = (struct timeval){ .tv_sec = v / 1000000, .tv_usec = v % 1000000 };
		len = sizeof(u.t);
		break;
	case OPT_LONG:
		u.words[0] = v;
		len = sizeof(v);
		break;
	case OPT_WORD0 ... OPT_WORD3:
		len = sizeof(u.words);
		if (getsockopt(fd, o->level, o->get, &u, &len) < 0)
			return false;
		/* There are one or two keys of TCP fast open, or none yet. */
		if (len < (o->kind >= OPT_WORD2 ? sizeof(u.words) : sizeof(u.words) / 2))
			len = o->kind >= OPT_WORD2 ? sizeof(u.words) : sizeof(u.words) / 2;
		u.words[o->kind - OPT_WORD0] = v;
		break;
	default:
		u.i = o->kind == OPT_BUF ? v / 2 : v;
	}
	return setsockopt(fd, o->level, o->set, &u, len) == 0;
}

/* Buffers that the program did not set grow and shrink by themselves. */
static bool moves_by_itself(int fd, const struct opt *o)
{
	int locked = o->kind == OPT_BUF ? sock_int(fd, SOL_SOCKET, BUF_LOCK) : -1;

	return locked >= 0 && !(locked & (o->get == SO_SNDBUF ? 1 : 2));
}

static void add_row(struct text *out, const char *name, int64_t value)
{
	struct crfs_sockopt rec = { .option = { name, strlen(name) }, .value = value };

	text_rec(out, &crfs_sockopt_shape, &rec);
}

/* Options whose value is no number: nobody uses them, and they are named. */
static void refuse_blobs(struct snap *s, const struct file *f, int domain, const struct sock_view *v)
{
	static const struct { const char *name; int level, option; } blobs[] = {
		{ "IP_OPTIONS", IPPROTO_IP, IP_OPTIONS },
		{ "IPV6_HOPOPTS", IPPROTO_IPV6, IPV6_HOPOPTS },
		{ "IPV6_RTHDR", IPPROTO_IPV6, IPV6_RTHDR },
		{ "IPV6_RTHDRDSTOPTS", IPPROTO_IPV6, IPV6_RTHDRDSTOPTS },
		{ "IPV6_DSTOPTS", IPPROTO_IPV6, IPV6_DSTOPTS },
	};
	char buf[2048];
	size_t i;

	if ((domain != AF_INET && domain != AF_INET6) || (domain == AF_INET && sock_view_none(v, K_INET_OPT)))
		return;
	for (i = 0; i < sizeof(blobs) / sizeof(*blobs); i++) {
		socklen_t len = sizeof(buf);

		if (blobs[i].level == IPPROTO_IPV6 && domain == AF_INET)
			continue;
		if (getsockopt(f->dup, blobs[i].level, blobs[i].option, buf, &len) == 0 && len)
			snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "the socket has %s, which "
					 "cannot be carried yet: let the program do without",
					 blobs[i].name);
	}
}

/* A group of SO_REUSEPORT may have a program that says who gets what comes: only the kernel's memory tells. */
static void name_distributor(struct snap *s, const struct file *f, const struct sock_view *v)
{
	struct kmem *k;
	uint64_t sk, group, prog;
	int rc;

	if (s->live || sock_view_none(v, K_REUSEPORT) || sock_int(f->dup, SOL_SOCKET, SO_REUSEPORT) != 1)
		return;
	k = snap_kmem(s, &rc);
	if (k && !kmem_socket(k, f->dup, &sk) && !kmem_get(k, sk, K_REUSEPORT, &group, sizeof(group)) && group &&
	    !kmem_get(k, group, K_REUSEPORT_PROG, &prog, sizeof(prog)) && prog)
		snap_lost(s, file_obj(s, f), "the program that distributes over its group (SO_ATTACH_REUSEPORT_CBPF, _EBPF)");
}

/* A filter is an inode, since it is no number; what locks it comes behind it. */
static int read_filter(struct snap *s, const struct file *f, struct text *out, const struct sock_view *v)
{
	unsigned int id = 0;
	int rc = sock_view_none(v, K_SK_FILTER) ? 0 : filter_inode(s, f, &id);

	if (rc)
		return rc;
	if (id)
		add_row(out, FILTER, id);
	if (sock_int(f->dup, SOL_SOCKET, SO_LOCK_FILTER) == 1)
		add_row(out, LOCK_FILTER, 1);
	return 0;
}

/**
 * struct usual - options of a new socket of some kind, kept for all of that kind
 * @has: it has option i; @words: where they lie, NULL: not known
 */
struct usual {
	int domain, type, protocol;
	bool has[NR_OPTS];
	int64_t usual[NR_OPTS];
	struct words *words;
	struct usual *next;
};

/*
 * To try these would change the machine: a time stamp for every packet, branches in the code of all protocols. Some
 * are flags that lie where others do (sock_flag(), include/net/sock.h).
 */
static bool for_all(const struct opt *o)
{
	static const char *const names[] = { "so_reserve_mem", "tcp_tx_delay", "udp_encap", "udp_gro", "udp_segment",
		NULL };

	return listed(names, o->name) || o->level == SOL_PACKET || o->level == SOL_NETLINK;
}

static const char *with_flag(const struct opt *o)
{
	static const char *const names[] = { "so_timestamp", "so_timestampns", "so_timestamp_new",
		"so_timestampns_new", "so_debug", "so_zerocopy", NULL };

	return listed(names, o->name) ? "so_rxq_ovfl" : o->name;
}

/* With SO_TIMESTAMPING the first that works is SOF_TIMESTAMPING_SOFTWARE, which counts for the socket alone. */
static bool change(int fd, unsigned int i)
{
	const struct opt *o = &opts[i], *like = NULL;
	int64_t was, now, v;
	size_t n;

	for (n = 0; n < NR_OPTS; n++)
		if (!strcmp(opts[n].name, with_flag(o)))
			like = &opts[n];
	if (!like || !get(fd, like, &was))
		return false;
	for (n = 0; n < 8; n++) {
		v = (int64_t[]){ was ^ 16, was ^ 1, 1LL << 32 | 5, was + 2, 2000000, 1000, was / 2, 1 << 24 }[n];
		if (set(fd, like, v) && get(fd, like, &now) && now != was)
			return true;
	}
	return false;
}

/* @fd: of that kind, and untouched. Without them all is asked. */
static void learn_words(struct snap *s, struct usual *f, int fd)
{
	struct words *w = pool_alloc(&s->scratch, sizeof(*w));
	int rc = 0, other = socket(f->domain, f->type | SOCK_CLOEXEC, f->protocol);
	struct kmem *k = w && other >= 0 ? snap_kmem(s, &rc) : NULL;
	size_t i;

	_Static_assert(NR_OPTS <= WORDS_OPTIONS, "struct words");
	if (k)
		rc = words_of(k, fd, w->fresh);
	for (i = 0; i < NR_OPTS && k && !rc; i++)
		if (f->has[i] && !for_all(&opts[i]))
			rc = words_learn(k, w, i, other, change, opts[i].kind != OPT_INT);
	if (k && !rc)
		f->words = w;
	if (other >= 0)
		close(other);
}

static const struct usual *look_at_fresh(struct snap *s, int domain, int type, int protocol, bool view)
{
	struct usual *f = pool_alloc(&s->scratch, sizeof(*f));
	int fd = f ? socket(domain, type | SOCK_CLOEXEC, protocol) : -1;
	size_t i;

	if (fd < 0)
		return NULL;
	*f = (struct usual){ .domain = domain, .type = type, .protocol = protocol };
	for (i = 0; i < NR_OPTS; i++)
		f->has[i] = (opts[i].kind != OPT_GROUP || type != SOCK_STREAM) &&
			    get(fd, &opts[i], &f->usual[i]);
	if (view)
		learn_words(s, f, fd);
	close(fd);
	f->next = s->usual;
	return s->usual = f;
}

static const struct usual *fresh_like(struct snap *s, const struct sock_kind *k, bool view)
{
	const struct usual *f;

	for (f = s->usual; f; f = f->next)
		if (f->domain == k->domain && f->type == k->type && f->protocol == k->protocol)
			return f;
	return look_at_fresh(s, k->domain, k->type, k->protocol, view);
}

/* Return: false if it is as it is in a fresh one, or cannot be asked for */
static bool value_of(const struct usual *fresh, const struct sock_view *v, int fd, size_t i, int64_t *now)
{
	const uint32_t *words = v && fresh->words ? (const void *)v->words : NULL;

	if (words && words_same(fresh->words, words, i))
		return false;
	if (words && words_known(fresh->words, words, i)) {
		*now = fresh->words->value[i];
		return true;
	}
	if (!get(fd, &opts[i], now))
		return false;
	if (words)
		words_note(fresh->words, words, i, *now);
	return true;
}

int sockopts_read(struct snap *s, const struct file *f, struct text *out)
{
	return sockopts_read_without(s, f, out, NULL);
}

int sockopts_read_without(struct snap *s, const struct file *f, struct text *out,
			  const char *const *skip)
{
	const struct sock_view *v = sock_view(s, f);
	const struct usual *fresh = fresh_like(s, &f->sock, v);
	int64_t now;
	size_t i;

	text_section(out, &crfs_sockopt_shape);
	if (!fresh)
		return fail_on(s->err, -errno, file_obj(s, f), "a socket to compare with");
	for (i = 0; i < NR_OPTS; i++)
		if (fresh->has[i] && !listed(skip, opts[i].name) && value_of(fresh, v, f->dup, i, &now) &&
		    now != fresh->usual[i] && !moves_by_itself(f->dup, &opts[i]))
			add_row(out, opts[i].name, now);
	refuse_blobs(s, f, fresh->domain, v);
	name_distributor(s, f, v);
	return read_filter(s, f, out, v);
}

static bool is(const struct crfs_str *name, const char *what)
{
	return name->len == strlen(what) && !memcmp(name->p, what, name->len);
}

static const struct opt *by_name(const struct crfs_str *name)
{
	size_t i;

	for (i = 0; i < NR_OPTS; i++)
		if (is(name, opts[i].name))
			return &opts[i];
	return NULL;
}

static const struct crfs_sockopt *find_row(const struct iobj *o, int section, const char *name)
{
	size_t n, i;
	const struct crfs_sockopt *r = image_recs(o, o->room, section, &n);

	for (i = 0; i < n; i++)
		if (is(&r[i].option, name))
			return &r[i];
	return NULL;
}

int64_t sockopt_value(const struct iobj *o, int section, const char *name, int64_t usual)
{
	const struct crfs_sockopt *r = find_row(o, section, name);

	return r ? r->value : usual;
}

void sockopts_check(struct image *im, struct iobj *o, int section)
{
	size_t n, i;
	const struct crfs_sockopt *r = image_recs(o, o->room, section, &n);

	for (i = 0; i < n; i++) {
		if (is(&r[i].option, FILTER))
			filter_check(im, o, r[i].value);
		else if (!by_name(&r[i].option) && !is(&r[i].option, LOCK_FILTER))
			image_mismatch(im, -EINVAL, o->path, "option %.*s: unknown",
				       r[i].option.len, r[i].option.p);
		if (r[i].option.len < 64 &&
		    find_row(o, section, strndupa(r[i].option.p, r[i].option.len)) != &r[i])
			image_mismatch(im, -EINVAL, o->path, "option %.*s: twice", r[i].option.len,
				       r[i].option.p);
	}
}

/*
 * Setting one may change another (IP_TOS sets SO_PRIORITY): so what is not as wanted is set again. What
 * TCP makes of its own depends on the state it is in.
 */
static int settle(struct restore *rs, struct iobj *o, int section, int fd, const int64_t *before,
		  const bool *has)
{
	int64_t now, want;
	size_t i;

	for (i = 0; i < NR_OPTS; i++) {
		const struct crfs_sockopt *r = find_row(o, section, opts[i].name);

		want = r ? r->value : before[i];
		if (!has[i] || opts[i].late || !get(fd, &opts[i], &now) || now == want ||
		    (!r && moves_by_itself(fd, &opts[i])))
			continue;
		set(fd, &opts[i], want);
		if (opts[i].level != IPPROTO_TCP && get(fd, &opts[i], &now) && now != want)
			return fail_on(rs->err, -EINVAL, o->path, "setting %s to %lld: it becomes %lld",
				       opts[i].name, (long long)want, (long long)now);
	}
	return 0;
}

static int put(struct restore *rs, struct iobj *o, int section, int fd, bool late)
{
	size_t n, i;
	const struct crfs_sockopt *r = image_recs(o, o->room, section, &n);

	for (i = 0; i < n; i++) {
		const struct opt *opt = by_name(&r[i].option);

		if (is(&r[i].option, FILTER) || is(&r[i].option, LOCK_FILTER))
			continue;
		if (!opt)
			return fail_on(rs->err, -EINVAL, o->path, "option %.*s: unknown",
				       r[i].option.len, r[i].option.p);
		if (opt->late == late && !set(fd, opt, r[i].value))
			return fail_on(rs->err, -errno, o->path, "setting %s to %lld", opt->name,
				       (long long)r[i].value);
	}
	return 0;
}

int sockopts_put_first(struct restore *rs, struct iobj *o, int section, int fd)
{
	int64_t before[NR_OPTS];
	bool has[NR_OPTS];
	size_t n, i;
	int rc;

	image_recs(o, o->room, section, &n);
	if (!n)
		return 0;
	for (i = 0; i < NR_OPTS; i++)
		has[i] = get(fd, &opts[i], &before[i]);
	rc = put(rs, o, section, fd, false);
	return rc ? rc : settle(rs, o, section, fd, before, has);
}

int sockopts_put_late(struct restore *rs, struct iobj *o, int section, int fd)
{
	int rc = put(rs, o, section, fd, true);

	return rc ? rc : sockopts_put_filter(rs, o, section, fd);
}

int sockopts_put_filter(struct restore *rs, struct iobj *o, int section, int fd)
{
	const struct crfs_sockopt *f = find_row(o, section, FILTER);
	const struct crfs_sockopt *lock = find_row(o, section, LOCK_FILTER);
	int one = 1, rc = f ? filter_attach(rs, o, f->value, fd) : 0;

	if (!rc && lock && setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof(one)) < 0)
		rc = fail_on(rs->err, -errno, o->path, "SO_LOCK_FILTER");
	return rc;
}

int sockopts_put(struct restore *rs, struct iobj *o, int section, int fd)
{
	int rc = sockopts_put_first(rs, o, section, fd);

	return rc ? rc : sockopts_put_late(rs, o, section, fd);
}
