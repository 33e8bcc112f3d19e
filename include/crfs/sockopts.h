/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The options that sockets have, by getsockopt(2) and setsockopt(2), and how they are called in the tree. */
#ifndef CRFS_SOCKOPTS_H
#define CRFS_SOCKOPTS_H

#include <crfs/shape.h>

#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#ifdef __KERNEL__
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/socket.h>

/* As 64-bit programs say it. */
#define SO_TIMESTAMP SO_TIMESTAMP_OLD
#define SO_TIMESTAMPNS SO_TIMESTAMPNS_OLD
#define SO_TIMESTAMPING SO_TIMESTAMPING_OLD
#define SO_RCVTIMEO SO_RCVTIMEO_OLD
#define SO_SNDTIMEO SO_SNDTIMEO_OLD
#else
#include <netinet/in.h>
#include <sys/socket.h>
#endif

#define CRFS_OPT_WORDS 4	/* of 64 bits: struct icmp6_filter */

/* linux/in.h has these under names that netinet/in.h does not share */
#define CRFS_UDPLITE 136
#define CRFS_RAW 255
#define CRFS_ICMPV6 58

enum crfs_opt_kind {
	CRFS_OPT_INT,
	CRFS_OPT_GROUP,
	CRFS_OPT_LINGER,
	CRFS_OPT_TIME,
	CRFS_OPT_BUF,
	CRFS_OPT_LONG,
	CRFS_OPT_WORD0,
	CRFS_OPT_WORD1,
	CRFS_OPT_WORD2,
	CRFS_OPT_WORD3,
};

/**
 * struct crfs_opt - an option
 * @kind: how its value looks; CRFS_OPT_GROUP: an int that only datagrams are for: a connection that was
 *	accepted has what the packet of the other side says, and nobody can set that
 * @set: the one that sets it, where that is another one
 * @late: a TCP socket takes it only when it is connected
 * The order is that of the rows, and does not matter to who puts them back.
 */
struct crfs_opt {
	const char *name;
	int level, get, set;
	enum crfs_opt_kind kind;
	unsigned char late;
};

/* An option that is set as it is read; by its number where libc or the kernel of the build may not know it. */
#define CRFS_OPT(name, level, n, kind) { name, level, n, n, kind, 0 }

static const struct crfs_opt crfs_opts[] = {
	CRFS_OPT("so_reuseaddr", SOL_SOCKET, SO_REUSEADDR, CRFS_OPT_INT),
	CRFS_OPT("so_reuseport", SOL_SOCKET, SO_REUSEPORT, CRFS_OPT_INT),
	CRFS_OPT("so_keepalive", SOL_SOCKET, SO_KEEPALIVE, CRFS_OPT_INT),
	CRFS_OPT("so_oobinline", SOL_SOCKET, SO_OOBINLINE, CRFS_OPT_INT),
	CRFS_OPT("so_dontroute", SOL_SOCKET, SO_DONTROUTE, CRFS_OPT_INT),
	CRFS_OPT("so_priority", SOL_SOCKET, SO_PRIORITY, CRFS_OPT_INT),
	CRFS_OPT("so_mark", SOL_SOCKET, SO_MARK, CRFS_OPT_INT),
	CRFS_OPT("so_rcvlowat", SOL_SOCKET, SO_RCVLOWAT, CRFS_OPT_INT),
	CRFS_OPT("so_passcred", SOL_SOCKET, SO_PASSCRED, CRFS_OPT_INT),
	CRFS_OPT("so_passsec", SOL_SOCKET, SO_PASSSEC, CRFS_OPT_INT),
	CRFS_OPT("so_timestamp", SOL_SOCKET, SO_TIMESTAMP, CRFS_OPT_INT),
	CRFS_OPT("so_timestampns", SOL_SOCKET, SO_TIMESTAMPNS, CRFS_OPT_INT),
	CRFS_OPT("so_busy_poll", SOL_SOCKET, SO_BUSY_POLL, CRFS_OPT_INT),
	CRFS_OPT("so_bindtoifindex", SOL_SOCKET, SO_BINDTOIFINDEX, CRFS_OPT_INT),
	{ "so_sndbuf", SOL_SOCKET, SO_SNDBUF, SO_SNDBUFFORCE, CRFS_OPT_BUF, 0 },
	{ "so_rcvbuf", SOL_SOCKET, SO_RCVBUF, SO_RCVBUFFORCE, CRFS_OPT_BUF, 0 },
	CRFS_OPT("so_linger", SOL_SOCKET, SO_LINGER, CRFS_OPT_LINGER),
	CRFS_OPT("so_rcvtimeo_us", SOL_SOCKET, SO_RCVTIMEO, CRFS_OPT_TIME),
	CRFS_OPT("so_sndtimeo_us", SOL_SOCKET, SO_SNDTIMEO, CRFS_OPT_TIME),
	CRFS_OPT("ip_tos", IPPROTO_IP, IP_TOS, CRFS_OPT_INT),
	CRFS_OPT("ip_ttl", IPPROTO_IP, IP_TTL, CRFS_OPT_INT),
	CRFS_OPT("ip_freebind", IPPROTO_IP, IP_FREEBIND, CRFS_OPT_INT),
	CRFS_OPT("ip_transparent", IPPROTO_IP, IP_TRANSPARENT, CRFS_OPT_INT),
	CRFS_OPT("ipv6_v6only", IPPROTO_IPV6, IPV6_V6ONLY, CRFS_OPT_INT),
	CRFS_OPT("ipv6_tclass", IPPROTO_IPV6, IPV6_TCLASS, CRFS_OPT_INT),
	CRFS_OPT("ipv6_unicast_hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS, CRFS_OPT_INT),
	CRFS_OPT("tcp_nodelay", IPPROTO_TCP, TCP_NODELAY, CRFS_OPT_INT),
	CRFS_OPT("tcp_maxseg", IPPROTO_TCP, TCP_MAXSEG, CRFS_OPT_INT),
	CRFS_OPT("tcp_cork", IPPROTO_TCP, TCP_CORK, CRFS_OPT_INT),
	CRFS_OPT("tcp_keepidle", IPPROTO_TCP, TCP_KEEPIDLE, CRFS_OPT_INT),
	CRFS_OPT("tcp_keepintvl", IPPROTO_TCP, TCP_KEEPINTVL, CRFS_OPT_INT),
	CRFS_OPT("tcp_keepcnt", IPPROTO_TCP, TCP_KEEPCNT, CRFS_OPT_INT),
	CRFS_OPT("tcp_syncnt", IPPROTO_TCP, TCP_SYNCNT, CRFS_OPT_INT),
	CRFS_OPT("tcp_linger2", IPPROTO_TCP, TCP_LINGER2, CRFS_OPT_INT),
	CRFS_OPT("tcp_defer_accept", IPPROTO_TCP, TCP_DEFER_ACCEPT, CRFS_OPT_INT),
	CRFS_OPT("tcp_user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT, CRFS_OPT_INT),
	CRFS_OPT("tcp_fastopen", IPPROTO_TCP, TCP_FASTOPEN, CRFS_OPT_INT),
	CRFS_OPT("so_debug", SOL_SOCKET, SO_DEBUG, CRFS_OPT_INT),
	CRFS_OPT("so_broadcast", SOL_SOCKET, SO_BROADCAST, CRFS_OPT_INT),
	CRFS_OPT("so_no_check", SOL_SOCKET, SO_NO_CHECK, CRFS_OPT_INT),
	CRFS_OPT("so_timestamp_new", SOL_SOCKET, 63, CRFS_OPT_INT),
	CRFS_OPT("so_timestampns_new", SOL_SOCKET, 64, CRFS_OPT_INT),
	{ "so_timestamping", SOL_SOCKET, SO_TIMESTAMPING, SO_TIMESTAMPING, CRFS_OPT_LONG, 1 },
	/* told since Linux 6.8, and only if it was set so; behind the one above, which takes that back */
	{ "so_timestamping_new", SOL_SOCKET, 65, 65, CRFS_OPT_LONG, 1 },
	/* of what is not connected: else it becomes where the last packet came */
	{ "so_incoming_cpu", SOL_SOCKET, SO_INCOMING_CPU, SO_INCOMING_CPU, CRFS_OPT_INT, 1 },
	CRFS_OPT("so_rxq_ovfl", SOL_SOCKET, SO_RXQ_OVFL, CRFS_OPT_INT),
	CRFS_OPT("so_wifi_status", SOL_SOCKET, SO_WIFI_STATUS, CRFS_OPT_INT),
	CRFS_OPT("so_peek_off", SOL_SOCKET, SO_PEEK_OFF, CRFS_OPT_INT),
	CRFS_OPT("so_nofcs", SOL_SOCKET, SO_NOFCS, CRFS_OPT_INT),
	CRFS_OPT("so_select_err_queue", SOL_SOCKET, SO_SELECT_ERR_QUEUE, CRFS_OPT_INT),
	CRFS_OPT("so_max_pacing_rate", SOL_SOCKET, SO_MAX_PACING_RATE, CRFS_OPT_LONG),
	CRFS_OPT("so_zerocopy", SOL_SOCKET, 60, CRFS_OPT_INT),
	CRFS_OPT("so_txtime", SOL_SOCKET, 61, CRFS_OPT_LONG),
	CRFS_OPT("so_prefer_busy_poll", SOL_SOCKET, 69, CRFS_OPT_INT),
	CRFS_OPT("so_reserve_mem", SOL_SOCKET, 73, CRFS_OPT_INT),
	CRFS_OPT("so_rcvmark", SOL_SOCKET, 75, CRFS_OPT_INT),
	CRFS_OPT("so_passpidfd", SOL_SOCKET, 76, CRFS_OPT_INT),
	CRFS_OPT("so_rcvpriority", SOL_SOCKET, 82, CRFS_OPT_INT),
	CRFS_OPT("so_passrights", SOL_SOCKET, 83, CRFS_OPT_INT),
	CRFS_OPT("so_inq", SOL_SOCKET, 84, CRFS_OPT_INT),
	CRFS_OPT("so_busy_poll_budget", SOL_SOCKET, 70, CRFS_OPT_INT),
	CRFS_OPT("so_txrehash", SOL_SOCKET, 74, CRFS_OPT_INT),
	CRFS_OPT("ip_hdrincl", IPPROTO_IP, IP_HDRINCL, CRFS_OPT_INT),
	CRFS_OPT("ip_recvopts", IPPROTO_IP, IP_RECVOPTS, CRFS_OPT_INT),
	CRFS_OPT("ip_retopts", IPPROTO_IP, IP_RETOPTS, CRFS_OPT_INT),
	/* raw sockets', and told since Linux 6.9 */
	CRFS_OPT("ip_router_alert", IPPROTO_IP, IP_ROUTER_ALERT, CRFS_OPT_INT),
	CRFS_OPT("ip_pktinfo", IPPROTO_IP, IP_PKTINFO, CRFS_OPT_INT),
	CRFS_OPT("ip_mtu_discover", IPPROTO_IP, IP_MTU_DISCOVER, CRFS_OPT_INT),
	CRFS_OPT("ip_recverr", IPPROTO_IP, IP_RECVERR, CRFS_OPT_INT),
	CRFS_OPT("ip_recverr_rfc4884", IPPROTO_IP, 26, CRFS_OPT_INT),
	CRFS_OPT("ip_recvttl", IPPROTO_IP, IP_RECVTTL, CRFS_OPT_INT),
	CRFS_OPT("ip_recvtos", IPPROTO_IP, IP_RECVTOS, CRFS_OPT_INT),
	CRFS_OPT("ip_recvorigdstaddr", IPPROTO_IP, IP_RECVORIGDSTADDR, CRFS_OPT_INT),
	CRFS_OPT("ip_recvfragsize", IPPROTO_IP, IP_RECVFRAGSIZE, CRFS_OPT_INT),
	CRFS_OPT("ip_passsec", IPPROTO_IP, IP_PASSSEC, CRFS_OPT_INT),
	CRFS_OPT("ip_minttl", IPPROTO_IP, IP_MINTTL, CRFS_OPT_INT),
	CRFS_OPT("ip_nodefrag", IPPROTO_IP, IP_NODEFRAG, CRFS_OPT_INT),
	CRFS_OPT("ip_checksum", IPPROTO_IP, IP_CHECKSUM, CRFS_OPT_INT),
	CRFS_OPT("ip_bind_address_no_port", IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, CRFS_OPT_INT),
	CRFS_OPT("ip_local_port_range", IPPROTO_IP, 51, CRFS_OPT_INT),
	CRFS_OPT("ip_multicast_if", IPPROTO_IP, IP_MULTICAST_IF, CRFS_OPT_GROUP),
	CRFS_OPT("ip_multicast_ttl", IPPROTO_IP, IP_MULTICAST_TTL, CRFS_OPT_GROUP),
	CRFS_OPT("ip_multicast_loop", IPPROTO_IP, IP_MULTICAST_LOOP, CRFS_OPT_INT),
	CRFS_OPT("ip_multicast_all", IPPROTO_IP, IP_MULTICAST_ALL, CRFS_OPT_INT),
	CRFS_OPT("ip_unicast_if", IPPROTO_IP, IP_UNICAST_IF, CRFS_OPT_INT),
	CRFS_OPT("ipv6_2292pktinfo", IPPROTO_IPV6, IPV6_2292PKTINFO, CRFS_OPT_INT),
	CRFS_OPT("ipv6_2292hoplimit", IPPROTO_IPV6, IPV6_2292HOPLIMIT, CRFS_OPT_INT),
	CRFS_OPT("ipv6_2292rthdr", IPPROTO_IPV6, IPV6_2292RTHDR, CRFS_OPT_INT),
	CRFS_OPT("ipv6_2292hopopts", IPPROTO_IPV6, IPV6_2292HOPOPTS, CRFS_OPT_INT),
	CRFS_OPT("ipv6_2292dstopts", IPPROTO_IPV6, IPV6_2292DSTOPTS, CRFS_OPT_INT),
	CRFS_OPT("ipv6_flowinfo", IPPROTO_IPV6, 11, CRFS_OPT_INT),
	CRFS_OPT("ipv6_flowinfo_send", IPPROTO_IPV6, 33, CRFS_OPT_INT),
	CRFS_OPT("ipv6_recvpktinfo", IPPROTO_IPV6, IPV6_RECVPKTINFO, CRFS_OPT_INT),
	CRFS_OPT("ipv6_recvhoplimit", IPPROTO_IPV6, IPV6_RECVHOPLIMIT, CRFS_OPT_INT),
	CRFS_OPT("ipv6_recvrthdr", IPPROTO_IPV6, IPV6_RECVRTHDR, CRFS_OPT_INT),
	CRFS_OPT("ipv6_recvhopopts", IPPROTO_IPV6, IPV6_RECVHOPOPTS, CRFS_OPT_INT),
	CRFS_OPT("ipv6_recvdstopts", IPPROTO_IPV6, IPV6_RECVDSTOPTS, CRFS_OPT_INT),
	CRFS_OPT("ipv6_recvtclass", IPPROTO_IPV6, IPV6_RECVTCLASS, CRFS_OPT_INT),
	CRFS_OPT("ipv6_recvpathmtu", IPPROTO_IPV6, IPV6_RECVPATHMTU, CRFS_OPT_INT),
	CRFS_OPT("ipv6_recvorigdstaddr", IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, CRFS_OPT_INT),
	CRFS_OPT("ipv6_recvfragsize", IPPROTO_IPV6, IPV6_RECVFRAGSIZE, CRFS_OPT_INT),
	CRFS_OPT("ipv6_recverr", IPPROTO_IPV6, IPV6_RECVERR, CRFS_OPT_INT),
	CRFS_OPT("ipv6_recverr_rfc4884", IPPROTO_IPV6, 31, CRFS_OPT_INT),
	CRFS_OPT("ipv6_mtu_discover", IPPROTO_IPV6, IPV6_MTU_DISCOVER, CRFS_OPT_INT),
	CRFS_OPT("ipv6_dontfrag", IPPROTO_IPV6, IPV6_DONTFRAG, CRFS_OPT_INT),
	CRFS_OPT("ipv6_freebind", IPPROTO_IPV6, IPV6_FREEBIND, CRFS_OPT_INT),
	CRFS_OPT("ipv6_transparent", IPPROTO_IPV6, IPV6_TRANSPARENT, CRFS_OPT_INT),
	CRFS_OPT("ipv6_hdrincl", IPPROTO_IPV6, IPV6_HDRINCL, CRFS_OPT_INT),
	CRFS_OPT("ipv6_autoflowlabel", IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, CRFS_OPT_INT),
	CRFS_OPT("ipv6_addr_preferences", IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, CRFS_OPT_INT),
	CRFS_OPT("ipv6_minhopcount", IPPROTO_IPV6, IPV6_MINHOPCOUNT, CRFS_OPT_INT),
	CRFS_OPT("ipv6_multicast_hops", IPPROTO_IPV6, IPV6_MULTICAST_HOPS, CRFS_OPT_GROUP),
	CRFS_OPT("ipv6_multicast_if", IPPROTO_IPV6, IPV6_MULTICAST_IF, CRFS_OPT_GROUP),
	CRFS_OPT("ipv6_multicast_loop", IPPROTO_IPV6, IPV6_MULTICAST_LOOP, CRFS_OPT_INT),
	CRFS_OPT("ipv6_multicast_all", IPPROTO_IPV6, IPV6_MULTICAST_ALL, CRFS_OPT_INT),
	CRFS_OPT("ipv6_unicast_if", IPPROTO_IPV6, IPV6_UNICAST_IF, CRFS_OPT_INT),
	CRFS_OPT("ipv6_router_alert_isolate", IPPROTO_IPV6, IPV6_ROUTER_ALERT_ISOLATE, CRFS_OPT_INT),
	CRFS_OPT("udp_cork", IPPROTO_UDP, UDP_CORK, CRFS_OPT_INT),
	CRFS_OPT("udp_encap", IPPROTO_UDP, UDP_ENCAP, CRFS_OPT_INT),
	CRFS_OPT("udp_no_check6_tx", IPPROTO_UDP, UDP_NO_CHECK6_TX, CRFS_OPT_INT),
	CRFS_OPT("udp_no_check6_rx", IPPROTO_UDP, UDP_NO_CHECK6_RX, CRFS_OPT_INT),
	CRFS_OPT("udp_segment", IPPROTO_UDP, UDP_SEGMENT, CRFS_OPT_INT),
	CRFS_OPT("udp_gro", IPPROTO_UDP, UDP_GRO, CRFS_OPT_INT),
	CRFS_OPT("udplite_send_cscov", CRFS_UDPLITE, 10, CRFS_OPT_INT),
	CRFS_OPT("udplite_recv_cscov", CRFS_UDPLITE, 11, CRFS_OPT_INT),
	CRFS_OPT("icmp_filter", CRFS_RAW, 1, CRFS_OPT_INT),
	CRFS_OPT("raw_ipv6_checksum", CRFS_RAW, IPV6_CHECKSUM, CRFS_OPT_INT),
	CRFS_OPT("icmpv6_filter_0", CRFS_ICMPV6, 1, CRFS_OPT_WORD0),
	CRFS_OPT("icmpv6_filter_1", CRFS_ICMPV6, 1, CRFS_OPT_WORD1),
	CRFS_OPT("icmpv6_filter_2", CRFS_ICMPV6, 1, CRFS_OPT_WORD2),
	CRFS_OPT("icmpv6_filter_3", CRFS_ICMPV6, 1, CRFS_OPT_WORD3),
	CRFS_OPT("tcp_window_clamp", IPPROTO_TCP, TCP_WINDOW_CLAMP, CRFS_OPT_INT),
	CRFS_OPT("tcp_thin_linear_timeouts", IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, CRFS_OPT_INT),
	CRFS_OPT("tcp_notsent_lowat", IPPROTO_TCP, TCP_NOTSENT_LOWAT, CRFS_OPT_INT),
	CRFS_OPT("tcp_save_syn", IPPROTO_TCP, TCP_SAVE_SYN, CRFS_OPT_INT),
	CRFS_OPT("tcp_fastopen_connect", IPPROTO_TCP, TCP_FASTOPEN_CONNECT, CRFS_OPT_INT),
	CRFS_OPT("tcp_fastopen_no_cookie", IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, CRFS_OPT_INT),
	CRFS_OPT("tcp_inq", IPPROTO_TCP, TCP_INQ, CRFS_OPT_INT),
	CRFS_OPT("tcp_tx_delay", IPPROTO_TCP, TCP_TX_DELAY, CRFS_OPT_INT),
	CRFS_OPT("tcp_rto_max_ms", IPPROTO_TCP, 44, CRFS_OPT_INT),
	CRFS_OPT("tcp_rto_min_us", IPPROTO_TCP, 45, CRFS_OPT_INT),
	CRFS_OPT("tcp_delack_max_us", IPPROTO_TCP, 46, CRFS_OPT_INT),
	CRFS_OPT("tcp_fastopen_key_0", IPPROTO_TCP, TCP_FASTOPEN_KEY, CRFS_OPT_WORD0),
	CRFS_OPT("tcp_fastopen_key_1", IPPROTO_TCP, TCP_FASTOPEN_KEY, CRFS_OPT_WORD1),
	CRFS_OPT("tcp_fastopen_key_2", IPPROTO_TCP, TCP_FASTOPEN_KEY, CRFS_OPT_WORD2),
	CRFS_OPT("tcp_fastopen_key_3", IPPROTO_TCP, TCP_FASTOPEN_KEY, CRFS_OPT_WORD3),
	CRFS_OPT("packet_version", SOL_PACKET, PACKET_VERSION, CRFS_OPT_INT),
	CRFS_OPT("packet_auxdata", SOL_PACKET, PACKET_AUXDATA, CRFS_OPT_INT),
	CRFS_OPT("packet_origdev", SOL_PACKET, PACKET_ORIGDEV, CRFS_OPT_INT),
	CRFS_OPT("packet_reserve", SOL_PACKET, PACKET_RESERVE, CRFS_OPT_INT),
	CRFS_OPT("packet_loss", SOL_PACKET, PACKET_LOSS, CRFS_OPT_INT),
	CRFS_OPT("packet_vnet_hdr", SOL_PACKET, PACKET_VNET_HDR, CRFS_OPT_INT),
	CRFS_OPT("packet_vnet_hdr_sz", SOL_PACKET, 24, CRFS_OPT_INT),
	CRFS_OPT("packet_timestamp", SOL_PACKET, PACKET_TIMESTAMP, CRFS_OPT_INT),
	CRFS_OPT("packet_tx_has_off", SOL_PACKET, PACKET_TX_HAS_OFF, CRFS_OPT_INT),
	CRFS_OPT("packet_qdisc_bypass", SOL_PACKET, PACKET_QDISC_BYPASS, CRFS_OPT_INT),
	CRFS_OPT("packet_copy_thresh", SOL_PACKET, PACKET_COPY_THRESH, CRFS_OPT_INT),
	CRFS_OPT("packet_ignore_outgoing", SOL_PACKET, PACKET_IGNORE_OUTGOING, CRFS_OPT_INT),
	CRFS_OPT("netlink_pktinfo", SOL_NETLINK, NETLINK_PKTINFO, CRFS_OPT_INT),
	CRFS_OPT("netlink_broadcast_error", SOL_NETLINK, NETLINK_BROADCAST_ERROR, CRFS_OPT_INT),
	CRFS_OPT("netlink_no_enobufs", SOL_NETLINK, NETLINK_NO_ENOBUFS, CRFS_OPT_INT),
	CRFS_OPT("netlink_listen_all_nsid", SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, CRFS_OPT_INT),
	CRFS_OPT("netlink_cap_ack", SOL_NETLINK, NETLINK_CAP_ACK, CRFS_OPT_INT),
	CRFS_OPT("netlink_ext_ack", SOL_NETLINK, NETLINK_EXT_ACK, CRFS_OPT_INT),
	CRFS_OPT("netlink_get_strict_chk", SOL_NETLINK, NETLINK_GET_STRICT_CHK, CRFS_OPT_INT),
};
#define CRFS_NR_OPTS (sizeof(crfs_opts) / sizeof(crfs_opts[0]))

/* Options whose value is no number: what all packets of a socket begin with. @row: how the tree calls them */
static const struct crfs_opt_blob {
	const char *name, *row;
	int level, option;
} crfs_opt_blobs[] = {
	{ "IP_OPTIONS", "ip_options", IPPROTO_IP, IP_OPTIONS },
	{ "IPV6_HOPOPTS", "ipv6_hopopts", IPPROTO_IPV6, IPV6_HOPOPTS },
	{ "IPV6_RTHDR", "ipv6_rthdr", IPPROTO_IPV6, IPV6_RTHDR },
	{ "IPV6_RTHDRDSTOPTS", "ipv6_rthdrdstopts", IPPROTO_IPV6, IPV6_RTHDRDSTOPTS },
	{ "IPV6_DSTOPTS", "ipv6_dstopts", IPPROTO_IPV6, IPV6_DSTOPTS },
};

#endif
