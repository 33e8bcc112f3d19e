// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packet sockets: protocol, interface, what the interface lets in for it, options, filter, fanout group.
 *
 * struct packet_sock is private to net/packet. So its groups, and what rings there are (PACKET_MMAP, inode/packet_ring.c),
 * are asked of sock_diag(7), by a socket of our own. Packets that wait are lost, as in a full buffer. A fanout group that
 * distributes by a program is refused, as nobody can read that.
 */
#include <linux/if_packet.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/netlink.h>
#include <net/sock.h>

#include <crfs/res/fd/packet.h>

#include "res/fd/inet.h"
#include "res/fd/netlink_ask.h"
#include "res/fd/sock.h"
#include "res/fd/sockopt.h"
#include "res/inode/packet_ring.h"

#define GROUPS_MAX 64

/** struct diag - what sock_diag says of socket @ino; @ring: by enum crfs_packet_ring_kind; no pdr_block_nr: there is none */
struct diag {
	u32 ino;
	bool found;
	struct packet_diag_ring ring[2];
	struct packet_diag_mclist groups[GROUPS_MAX];
	size_t nr_groups;
};

static bool packet_match(const struct cfile *f)
{
	const struct sock *sk = file_sock(f, AF_PACKET);

	return sk && sk->sk_type != SOCK_PACKET;
}

static void take_attr(struct diag *d, const struct nlattr *a)
{
	switch (nla_type(a)) {
	case PACKET_DIAG_MCLIST:
		d->nr_groups = min_t(size_t, nla_len(a) / sizeof(d->groups[0]), GROUPS_MAX);
		memcpy(d->groups, nla_data(a), d->nr_groups * sizeof(d->groups[0]));
		break;
	case PACKET_DIAG_RX_RING:
	case PACKET_DIAG_TX_RING:
		if (nla_len(a) >= (int)sizeof(d->ring[0]))
			memcpy(&d->ring[nla_type(a) == PACKET_DIAG_TX_RING], nla_data(a), sizeof(d->ring[0]));
		break;
	}
}

static void take_msg(void *arg, const struct nlmsghdr *h)
{
	struct diag *d = arg;
	const struct packet_diag_msg *m = nlmsg_data(h);
	const struct nlattr *a;
	int left;

	if (nlmsg_len(h) < (int)sizeof(*m) || m->pdiag_ino != d->ino)
		return;
	d->found = true;
	nlmsg_for_each_attr(a, h, sizeof(*m), left)
		take_attr(d, a);
}

static int ask_diag(struct snap *s, struct diag *d)
{
	const struct {
		struct nlmsghdr h;
		struct packet_diag_req r;
	} q = {
		.h = { .nlmsg_len = sizeof(q), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.r = { .sdiag_family = AF_PACKET, .pdiag_ino = d->ino,
		       .pdiag_show = PACKET_SHOW_MCLIST | PACKET_SHOW_RING_CFG },
	};
	int rc = netlink_list(s->net, NETLINK_SOCK_DIAG, &q.h, sizeof(q), take_msg, d);

	return rc ?: d->found ? 0 : -ENOENT;
}

static void read_diag(struct snap *s, const struct cfile *f, struct diag *d)
{
	const char *obj = file_obj(s, f);
	int rc = snap_tried(s, ask_diag(s, d));

	if (rc)
		snap_unsupported(s, rc, obj, "sock_diag of a packet socket: modprobe packet_diag");
	if (d->nr_groups == GROUPS_MAX)
		snap_unsupported(s, -E2BIG, obj, "the packet socket is in more groups than can be asked for");
}

static void emit_groups(struct snap *s, const struct diag *d, struct text *out)
{
	size_t i;

	text_section(out, &crfs_packet_group_shape);
	/* the newest stands first there */
	for (i = d->nr_groups; i-- > 0;) {
		const struct packet_diag_mclist *m = &d->groups[i];
		struct crfs_packet_group g = {
			.interface = inet_ifname(s, m->pdmc_index), .type = m->pdmc_type,
			.count = m->pdmc_count, .len = m->pdmc_alen,
		};

		memcpy(g.address, m->pdmc_addr, min_t(size_t, g.len, sizeof(g.address)));
		text_rec(out, &crfs_packet_group_shape, &g);
	}
}

static bool by_program(u32 fanout)
{
	const u8 kind = fanout >> 16;

	return kind == PACKET_FANOUT_CBPF || kind == PACKET_FANOUT_EBPF;
}

/* Where nobody may ask, sockopts_read() has named it. */
static int read_fanout(struct snap *s, const struct cfile *f, struct socket *sock, struct text *out)
{
	int fanout = 0, rc = sockopt_int(sock, SOL_PACKET, PACKET_FANOUT, &fanout);

	if (rc || !fanout)
		return rc == -EOPNOTSUPP ? 0 : rc;
	if (by_program(fanout))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "the packet socket is in a fanout group with a program (PACKET_FANOUT_DATA), which cannot be read: let the program do without");
	else
		sockopt_row(out, "packet_fanout", (u32)fanout);
	return 0;
}

static int packet_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct sock *sk = file_sock(f, AF_PACKET);
	struct sockaddr_storage a = {};
	const struct sockaddr_ll *ll = (const void *)&a;
	struct crfs_fd_packet r = {
		.socktype = sk->sk_type,
		.uid = from_kuid_munged(s->mi->cred->user_ns, f->st.uid),
		.gid = from_kgid_munged(s->mi->cred->user_ns, f->st.gid),
	};
	struct diag *d = snap_alloc(s, sizeof(*d));
	int rc = d ? kernel_getsockname(sk->sk_socket, (struct sockaddr *)&a) : -ENOMEM;

	if (rc < 0)
		return rc;
	*d = (struct diag){ .ino = f->st.ino };
	read_diag(s, f, d);
	r.protocol = ntohs(ll->sll_protocol);
	r.interface = inet_ifname(s, ll->sll_ifindex);
	if (ll->sll_ifindex && !r.interface.len)
		snap_unsupported(s, -ENODEV, file_obj(s, f), "its interface %d is gone: let the program close it",
				 ll->sll_ifindex);
	if (atomic_read(&sk->sk_rmem_alloc))
		snap_lost(s, file_obj(s, f), "packets that wait to be received");
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty_lockless(&sk->sk_error_queue))
		sock_error_name(s, f);
	text_section(out, &crfs_fd_packet_shape);
	text_rec(out, &crfs_fd_packet_shape, &r);
	emit_groups(s, d, out);
	rc = sockopts_read(s, f, out) ?: read_fanout(s, f, sk->sk_socket, out);
	return rc ?: packet_ring_show(s, f, d->ring, out);
}

const struct room res_fd_packet = {
	.name = "packet",
	.scope = PER_FILE,
	.match = packet_match,
	.read = packet_read,
};
