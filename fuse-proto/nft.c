// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections that are cut off for a while: a table of nftables, two chains, four sets of connections,
 * four of listeners.
 *
 * What comes for one of our ends is dropped at the input hook, also from a peer on this machine, whose
 * own send then does not fail but is repeated. What our end says is dropped at the output hook: the FIN
 * or RST of a socket whose task was killed. One set a family and direction, looked up with addresses
 * and ports at once, so that ten thousand connections cost a packet what one costs. Of what comes for a
 * listener the first segment is dropped (SYN): who calls tries again.
 * Netlink by hand: eight rules are less than a library of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "nft.h"

#define BATCH (128 << 10)
#define PER_BATCH 500		/* an attribute has 64 KiB at most, an element of IPv6 about 60 bytes */

/** struct msg - a batch of netlink messages being written; @full: it did not fit */
struct msg {
	char *buf;
	size_t len, nr;
	struct nlmsghdr *h;
	bool full;
};

#define LISTEN 10
#define FLAGS 13		/* where they stand in the TCP header */
#define SYN 0x02
#define ACK 0x10

/* What comes, what goes, what begins; the same for all addresses */
enum about { IN, OUT, CALL, CALL_ANY };

/** struct set - which packets it is about; @size: of a key */
struct set {
	const char *name;
	bool v4;
	enum about about;
	uint32_t size;
};

static const struct set sets[] = {
	{ "in4", true, IN, 16 }, { "in6", false, IN, 40 }, { "out4", true, OUT, 16 }, { "out6", false, OUT, 40 },
	{ "call4", true, CALL, 8 }, { "call6", false, CALL, 20 },
	{ "any4", true, CALL_ANY, 4 }, { "any6", false, CALL_ANY, 4 },
};
#define NR_SETS (sizeof(sets) / sizeof(sets[0]))

static void *room(struct msg *m, size_t n)
{
	void *p = m->buf + m->len;

	n = NLMSG_ALIGN(n);
	if (m->len + n > BATCH) {
		m->full = true;
		return m->buf;
	}
	memset(p, 0, n);
	m->len += n;
	return p;
}

static void end_message(struct msg *m)
{
	if (m->h)
		m->h->nlmsg_len = m->buf + m->len - (char *)m->h;
	m->h = NULL;
}

static void begin(struct msg *m, int type, int flags, int family)
{
	struct nfgenmsg *g;
	struct nlmsghdr *h;

	end_message(m);
	h = room(m, sizeof(*h));
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++m->nr;
	m->h = h;
	g = room(m, sizeof(*g));
	g->nfgen_family = family;
	g->version = NFNETLINK_V0;
	if (type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END)
		g->res_id = htons(NFNL_SUBSYS_NFTABLES);
}

static void table(struct msg *m, int what, int flags)
{
	begin(m, NFNL_SUBSYS_NFTABLES << 8 | what, flags, NFPROTO_INET);
}

static void put(struct msg *m, int type, const void *data, size_t len)
{
	struct nlattr *a = room(m, NLA_HDRLEN + len);

	if (m->full)
		return;
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	memcpy((char *)a + NLA_HDRLEN, data, len);
}

static void put_str(struct msg *m, int type, const char *s)
{
	put(m, type, s, strlen(s) + 1);
}

static void put_u32(struct msg *m, int type, uint32_t v)
{
	v = htonl(v);
	put(m, type, &v, sizeof(v));
}

static struct nlattr *nest(struct msg *m, int type)
{
	struct nlattr *a = room(m, NLA_HDRLEN);

	if (!m->full)
		a->nla_type = type | NLA_F_NESTED;
	return a;
}

static void end(struct msg *m, struct nlattr *a)
{
	if (!m->full)
		a->nla_len = m->buf + m->len - (char *)a;
}

static void put_data(struct msg *m, int type, const void *data, size_t len)
{
	struct nlattr *d = nest(m, type);

	put(m, NFTA_DATA_VALUE, data, len);
	end(m, d);
}

/* Expressions of a rule. @e, @d: what ends them */
static void expr(struct msg *m, const char *name, struct nlattr **e, struct nlattr **d)
{
	*e = nest(m, NFTA_LIST_ELEM);
	put_str(m, NFTA_EXPR_NAME, name);
	*d = nest(m, NFTA_EXPR_DATA);
}

static void compare(struct msg *m, uint32_t key, uint32_t op, const void *value, size_t len)
{
	struct nlattr *e, *d;

	expr(m, "meta", &e, &d);
	put_u32(m, NFTA_META_KEY, key);
	put_u32(m, NFTA_META_DREG, NFT_REG_1);
	end(m, d);
	end(m, e);
	expr(m, "cmp", &e, &d);
	put_u32(m, NFTA_CMP_SREG, NFT_REG_1);
	put_u32(m, NFTA_CMP_OP, op);
	put_data(m, NFTA_CMP_DATA, value, len);
	end(m, d);
	end(m, e);
}

static void load(struct msg *m, uint32_t reg, uint32_t base, uint32_t offset, uint32_t len)
{
	struct nlattr *e, *d;

	expr(m, "payload", &e, &d);
	put_u32(m, NFTA_PAYLOAD_DREG, reg);
	put_u32(m, NFTA_PAYLOAD_BASE, base);
	put_u32(m, NFTA_PAYLOAD_OFFSET, offset);
	put_u32(m, NFTA_PAYLOAD_LEN, len);
	end(m, d);
	end(m, e);
}

static void compare_byte(struct msg *m, uint8_t value)
{
	struct nlattr *e, *d;

	expr(m, "cmp", &e, &d);
	put_u32(m, NFTA_CMP_SREG, NFT_REG_1);
	put_u32(m, NFTA_CMP_OP, NFT_CMP_EQ);
	put_data(m, NFTA_CMP_DATA, &value, 1);
	end(m, d);
	end(m, e);
}

/* Does it begin a connection? */
static void is_call(struct msg *m)
{
	uint8_t mask = SYN | ACK, none = 0;
	struct nlattr *e, *d;

	load(m, NFT_REG_1, NFT_PAYLOAD_TRANSPORT_HEADER, FLAGS, 1);
	expr(m, "bitwise", &e, &d);
	put_u32(m, NFTA_BITWISE_SREG, NFT_REG_1);
	put_u32(m, NFTA_BITWISE_DREG, NFT_REG_1);
	put_u32(m, NFTA_BITWISE_LEN, 1);
	put_data(m, NFTA_BITWISE_MASK, &mask, 1);
	put_data(m, NFTA_BITWISE_XOR, &none, 1);
	end(m, d);
	end(m, e);
	compare_byte(m, SYN);
}

static void load_key(struct msg *m, const struct set *s)
{
	uint32_t len = s->v4 ? 4 : 16, words = len / 4, from = s->v4 ? 12 : 8;

	if (s->about == CALL_ANY) {
		load(m, NFT_REG32_00, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
		return;
	}
	if (s->about == CALL) {
		load(m, NFT_REG32_00, NFT_PAYLOAD_NETWORK_HEADER, from + len, len);
		load(m, NFT_REG32_00 + words, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
		return;
	}
	load(m, NFT_REG32_00, NFT_PAYLOAD_NETWORK_HEADER, from, len);
	load(m, NFT_REG32_00 + words, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2);
	load(m, NFT_REG32_00 + words + 1, NFT_PAYLOAD_NETWORK_HEADER, from + len, len);
	load(m, NFT_REG32_00 + 2 * words + 1, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
}

/* Is the packet from one end to the other of a connection in the set, or for a listener? */
static void look_up(struct msg *m, const struct set *s, uint32_t id)
{
	struct nlattr *e, *d;

	if (s->about >= CALL)
		is_call(m);
	load_key(m, s);
	expr(m, "lookup", &e, &d);
	put_str(m, NFTA_LOOKUP_SET, s->name);
	put_u32(m, NFTA_LOOKUP_SET_ID, id);
	put_u32(m, NFTA_LOOKUP_SREG, NFT_REG32_00);
	end(m, d);
	end(m, e);
}

static void drop(struct msg *m)
{
	struct nlattr *e, *d, *data, *v;

	expr(m, "immediate", &e, &d);
	put_u32(m, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nest(m, NFTA_IMMEDIATE_DATA);
	v = nest(m, NFTA_DATA_VERDICT);
	put_u32(m, NFTA_VERDICT_CODE, NF_DROP);
	end(m, v);
	end(m, data);
	end(m, d);
	end(m, e);
}

static void add_rule(struct msg *m, const char *name, const struct set *s, uint32_t id)
{
	uint8_t family = s->v4 ? NFPROTO_IPV4 : NFPROTO_IPV6, tcp = IPPROTO_TCP;
	uint32_t mark = NFT_MARK;
	struct nlattr *list;

	table(m, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK);
	put_str(m, NFTA_RULE_TABLE, name);
	put_str(m, NFTA_RULE_CHAIN, s->about == OUT ? "out" : "in");
	list = nest(m, NFTA_RULE_EXPRESSIONS);
	compare(m, NFT_META_NFPROTO, NFT_CMP_EQ, &family, 1);
	compare(m, NFT_META_L4PROTO, NFT_CMP_EQ, &tcp, 1);
	compare(m, NFT_META_MARK, NFT_CMP_NEQ, &mark, 4);
	look_up(m, s, id);
	drop(m);
	end(m, list);
}

static void add_chain(struct msg *m, const char *name, const char *chain, uint32_t hook)
{
	struct nlattr *h;

	table(m, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_ACK);
	put_str(m, NFTA_CHAIN_TABLE, name);
	put_str(m, NFTA_CHAIN_NAME, chain);
	h = nest(m, NFTA_CHAIN_HOOK);
	put_u32(m, NFTA_HOOK_HOOKNUM, hook);
	put_u32(m, NFTA_HOOK_PRIORITY, (uint32_t)-350);
	end(m, h);
	put_u32(m, NFTA_CHAIN_POLICY, NF_ACCEPT);
	put_str(m, NFTA_CHAIN_TYPE, "filter");
}

static void add_set(struct msg *m, const char *name, const struct set *s, uint32_t id)
{
	table(m, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_ACK);
	put_str(m, NFTA_SET_TABLE, name);
	put_str(m, NFTA_SET_NAME, s->name);
	put_u32(m, NFTA_SET_FLAGS, 0);
	put_u32(m, NFTA_SET_KEY_TYPE, 0);
	put_u32(m, NFTA_SET_KEY_LEN, s->size);
	put_u32(m, NFTA_SET_ID, id);
}

/* Return: the first error of the answers to @m, or 0 */
static int answers(int nl, size_t want)
{
	char *buf = malloc(BATCH);
	struct nlmsghdr *h;
	int rc = buf ? 0 : -ENOMEM, error;
	ssize_t n;

	while (want && !rc) {
		n = recv(nl, buf, BATCH, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = -errno;
		for (h = (void *)buf; n > 0 && NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			error = ((struct nlmsgerr *)NLMSG_DATA(h))->error;
			rc = rc ? rc : error;
			want -= want > 0;
		}
	}
	free(buf);
	return rc;
}

/* @acks: how many of its messages ask for an answer */
static int commit(int nl, struct msg *m, size_t acks)
{
	begin(m, NFNL_MSG_BATCH_END, 0, AF_UNSPEC);
	end_message(m);
	if (m->full)
		return -ENOBUFS;
	if (send(nl, m->buf, m->len, 0) != (ssize_t)m->len)
		return errno ? -errno : -EIO;
	return answers(nl, acks);
}

static int make_table(int nl, const char *name)
{
	struct msg m = { .buf = malloc(BATCH) };
	size_t i;
	int rc;

	if (!m.buf)
		return -ENOMEM;
	begin(&m, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC);
	table(&m, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK);
	put_str(&m, NFTA_TABLE_NAME, name);
	put_u32(&m, NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
	add_chain(&m, name, "in", NF_INET_LOCAL_IN);
	add_chain(&m, name, "out", NF_INET_LOCAL_OUT);
	for (i = 0; i < NR_SETS; i++)
		add_set(&m, name, &sets[i], i + 1);
	for (i = 0; i < NR_SETS; i++)
		add_rule(&m, name, &sets[i], i + 1);
	rc = commit(nl, &m, 3 + 2 * NR_SETS);
	free(m.buf);
	return rc;
}

int nft_guard(const char *name)
{
	struct timeval wait = { .tv_sec = 5 };
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), rc, size = 4 * BATCH;

	if (nl < 0)
		return -errno;
	setsockopt(nl, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(nl, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(nl, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	rc = make_table(nl, name);
	if (!rc)
		return nl;
	close(nl);
	return rc;
}

static size_t put_end(uint8_t *key, const struct tcp_end *e)
{
	size_t n = tcp_end_v4(e) ? 4 : 16;
	uint16_t port = htons(e->port);

	memcpy(key, e->addr + 16 - n, n);
	memcpy(key + n, &port, 2);
	return n + 4;
}

/* Is it about this one? A listener of IPv6 that is bound to no address may hear IPv4 as well. */
static bool concerns(const struct set *s, const struct tcp_conn *c)
{
	bool v4 = tcp_end_v4(&c->local), any = tcp_end_any(&c->local);

	if (c->state != LISTEN)
		return s->about < CALL && v4 == s->v4;
	if (s->about < CALL || any != (s->about == CALL_ANY))
		return false;
	return v4 == s->v4 || (any && !v4 && !c->v6only);
}

static size_t put_key(uint8_t key[40], const struct set *s, const struct tcp_conn *c)
{
	uint16_t port = htons(c->local.port);
	size_t len;

	memset(key, 0, 40);
	if (s->about == CALL_ANY) {
		memcpy(key, &port, sizeof(port));
		return s->size;
	}
	len = put_end(key, s->about == OUT || s->about == CALL ? &c->local : &c->peer);
	return s->about == CALL ? len : len + put_end(key + len, s->about == OUT ? &c->peer : &c->local);
}

static size_t add_elements(struct msg *m, const char *name, const struct set *s,
			   const struct tcp_conn *c, size_t n)
{
	struct nlattr *list, *e;
	size_t i, len, put = 0;
	uint8_t key[40];

	table(m, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_ACK);
	put_str(m, NFTA_SET_ELEM_LIST_TABLE, name);
	put_str(m, NFTA_SET_ELEM_LIST_SET, s->name);
	list = nest(m, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (i = 0; i < n; i++) {
		if (!concerns(s, &c[i]))
			continue;
		len = put_key(key, s, &c[i]);
		e = nest(m, NFTA_LIST_ELEM);
		put_data(m, NFTA_SET_ELEM_KEY, key, len);
		end(m, e);
		put++;
	}
	end(m, list);
	return put;
}

int nft_add(int nl, const char *name, const struct tcp_conn *conns, size_t n)
{
	struct msg m = { .buf = malloc(BATCH) };
	size_t i, k, part, before;
	int rc = m.buf ? 0 : -ENOMEM;

	for (i = 0; i < n && !rc; i += part)
		for (k = 0, part = n - i < PER_BATCH ? n - i : PER_BATCH; k < NR_SETS && !rc; k++) {
			m.len = m.nr = 0;
			m.h = NULL;
			begin(&m, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC);
			before = add_elements(&m, name, &sets[k], conns + i, part);
			rc = before ? commit(nl, &m, 1) : 0;
		}
	free(m.buf);
	return rc;
}
