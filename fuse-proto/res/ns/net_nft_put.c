// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nftables made again, all in one transaction (a batch), so that there is all of it or nothing.
 *
 * In the order of their handles, which is that in which they were made: what one refers to has been there before it.
 * A handle that is missing in between goes to a chain that is made and deleted. A rule is put behind the one
 * that stands before it in its chain, of those that are there already. Elements of sets that may not be changed
 * once a rule uses them come before the next rule, all others last.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "hex.h"
#include "net_nft.h"
#include "netlink.h"

#define FILLER "crfs-filler"
#define FIXED (NFT_SET_ANONYMOUS | NFT_SET_CONSTANT)
#define ATTRS_MAX (64 << 10)
#define ANSWERS (1 << 20)

/**
 * struct batch - messages being written
 * @row: the row that each message is of, by sequence number less 1
 * @h: where the message being written begins; @failed: there was no memory
 */
struct batch {
	char *buf;
	size_t len, size, h;
	size_t *row, nr, rows_size;
	bool failed;
};

/* @n bytes more, zeroed; or NULL */
static char *room(struct batch *b, size_t n)
{
	size_t size = b->size ?: 65536;
	char *more;

	n = NLMSG_ALIGN(n);
	while (size < b->len + n)
		size *= 2;
	if (size != b->size) {
		more = realloc(b->buf, size);
		b->failed |= !more;
		if (!more)
			return NULL;
		b->buf = more;
		b->size = size;
	}
	more = b->buf + b->len;
	memset(more, 0, n);
	b->len += n;
	return more;
}

static void note_row(struct batch *b, size_t row)
{
	size_t *more;

	if (b->nr == b->rows_size) {
		more = realloc(b->row, (b->rows_size ? 2 * b->rows_size : 256) * sizeof(*more));
		b->failed |= !more;
		if (!more)
			return;
		b->row = more;
		b->rows_size = b->rows_size ? 2 * b->rows_size : 256;
	}
	b->row[b->nr++] = row;
}

static void begin(struct batch *b, int type, int flags, int family, size_t row)
{
	struct nlmsghdr *h;
	struct nfgenmsg *g;

	b->h = b->len;
	note_row(b, row);
	h = (void *)room(b, sizeof(*h) + sizeof(*g));
	if (!h)
		return;
	g = NLMSG_DATA(h);
	*h = (struct nlmsghdr){ .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = b->nr,
				.nlmsg_len = NLMSG_LENGTH(sizeof(*g)) };
	*g = (struct nfgenmsg){ .nfgen_family = family, .version = NFNETLINK_V0 };
	if (type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END)
		g->res_id = htons(NFNL_SUBSYS_NFTABLES);
}

static void table_msg(struct batch *b, int what, int flags, const struct crfs_net_nft *r, size_t row)
{
	begin(b, NFNL_SUBSYS_NFTABLES << 8 | what, flags, r->family, row);
}

/* The message goes on to here. */
static void grown(struct batch *b)
{
	if (!b->failed)
		((struct nlmsghdr *)(b->buf + b->h))->nlmsg_len = b->len - b->h;
}

static void attr(struct batch *b, int type, const void *data, size_t len)
{
	struct rtattr *a = (void *)room(b, RTA_LENGTH(len));

	if (!a)
		return;
	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	grown(b);
}

static void str(struct batch *b, int type, const struct crfs_str *s)
{
	char text[NFT_NAME_MAXLEN] = "";

	memcpy(text, s->p, s->len < sizeof(text) ? s->len : sizeof(text) - 1);
	attr(b, type, text, strlen(text) + 1);
}

/* The attributes of a row, as bytes */
static void bytes(struct batch *b, const struct crfs_str *attrs)
{
	char *p = room(b, attrs->len / 2);

	if (p)
		hex_get(p, attrs);
	grown(b);
}

static size_t nest(struct batch *b, int type)
{
	size_t at = b->len;

	attr(b, type | NLA_F_NESTED, NULL, 0);
	return at;
}

static void nest_end(struct batch *b, size_t at)
{
	if (!b->failed)
		((struct rtattr *)(b->buf + at))->rta_len = b->len - at;
	grown(b);
}

/** struct job - of one table: its rows, and which of those with a handle are made so far */
struct job {
	struct batch *b;
	const struct crfs_net_nft *v;
	size_t first, end;	/* the table's own row, and behind its last */
	size_t *order, nr;	/* those with handles, by them */
	bool *made;
};

static void filler(struct batch *b, const struct crfs_net_nft *of, bool table, size_t row)
{
	static const struct crfs_str name = { FILLER, sizeof(FILLER) - 1 };
	int i;

	for (i = 0; i < 2; i++) {
		if (table) {
			table_msg(b, i ? NFT_MSG_DELTABLE : NFT_MSG_NEWTABLE, i ? 0 : NLM_F_CREATE, of, row);
			str(b, NFTA_TABLE_NAME, &name);
			continue;
		}
		table_msg(b, i ? NFT_MSG_DELCHAIN : NFT_MSG_NEWCHAIN, i ? 0 : NLM_F_CREATE, of, row);
		str(b, NFTA_CHAIN_TABLE, &of->table);
		str(b, NFTA_CHAIN_NAME, &name);
	}
}

static const struct { int new, table, name; } parts[] = {
	[NFT_KIND_TABLE] = { NFT_MSG_NEWTABLE, NFTA_TABLE_NAME, 0 },
	[NFT_KIND_CHAIN] = { NFT_MSG_NEWCHAIN, NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME },
	[NFT_KIND_OBJECT] = { NFT_MSG_NEWOBJ, NFTA_OBJ_TABLE, NFTA_OBJ_NAME },
	[NFT_KIND_SET] = { NFT_MSG_NEWSET, NFTA_SET_TABLE, NFTA_SET_NAME },
	[NFT_KIND_FLOWTABLE] = { NFT_MSG_NEWFLOWTABLE, NFTA_FLOWTABLE_TABLE, NFTA_FLOWTABLE_NAME },
	[NFT_KIND_RULE] = { NFT_MSG_NEWRULE, NFTA_RULE_TABLE, NFTA_RULE_CHAIN },
};

static bool same(const struct crfs_str *a, const struct crfs_str *b)
{
	return a->len == b->len && !memcmp(a->p, b->p, a->len);
}

/* Where a rule goes: behind the one before it that is there, unless that is the last of the chain so far. */
static int rule_flags(const struct job *j, size_t at, uint64_t *behind)
{
	const struct crfs_net_nft *v = j->v;
	bool last = true;
	size_t i;

	*behind = 0;
	for (i = at + 1; i < j->end && v[i].kind == NFT_KIND_RULE && same(&v[i].name, &v[at].name) && last; i++)
		last = !j->made[i - j->first];
	if (last)
		return NLM_F_APPEND;
	for (i = at; i-- > j->first && v[i].kind == NFT_KIND_RULE && same(&v[i].name, &v[at].name);)
		if (j->made[i - j->first]) {
			*behind = htobe64(v[i].handle);
			return NLM_F_APPEND;
		}
	return 0;
}

/* What an expression of iptables was made for is told beside the rule (nft_protocol()). */
static void put_compat(struct batch *b, size_t from)
{
	unsigned int protocol = b->failed ? 0 : nft_protocol(b->buf + from, b->len - from);
	uint32_t number = htonl(protocol & 255), flags = htonl(protocol & 256 ? NFT_RULE_COMPAT_F_INV : 0);
	size_t at;

	if (!protocol)
		return;
	at = nest(b, NFTA_RULE_COMPAT);
	attr(b, NFTA_RULE_COMPAT_PROTO, &number, sizeof(number));
	attr(b, NFTA_RULE_COMPAT_FLAGS, &flags, sizeof(flags));
	nest_end(b, at);
}

static void put_object(struct job *j, size_t at)
{
	const struct crfs_net_nft *r = &j->v[at];
	uint64_t behind = 0;
	int flags = r->kind == NFT_KIND_RULE ? rule_flags(j, at, &behind) : NLM_F_EXCL;
	uint32_t id = htonl(at + 1);
	size_t from;

	table_msg(j->b, parts[r->kind].new, NLM_F_CREATE | flags, r, at);
	str(j->b, parts[r->kind].table, &r->table);
	if (parts[r->kind].name)
		str(j->b, parts[r->kind].name, &r->name);
	if (r->kind == NFT_KIND_SET)
		attr(j->b, NFTA_SET_ID, &id, sizeof(id));
	if (behind)
		attr(j->b, NFTA_RULE_POSITION, &behind, sizeof(behind));
	from = j->b->len;
	bytes(j->b, &r->attrs);
	if (r->kind == NFT_KIND_RULE)
		put_compat(j->b, from);
	j->made[at - j->first] = true;
}

/* Each in a message of its own: which one is not taken is known then. */
static void put_elements(struct job *j, size_t set)
{
	const struct crfs_net_nft *v = j->v;
	size_t i, list, e;
	uint64_t left;

	for (i = j->first; i < j->end; i++) {
		if (v[i].kind != NFT_KIND_ELEMENT || !same(&v[i].name, &v[set].name))
			continue;
		table_msg(j->b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, &v[i], i);
		str(j->b, NFTA_SET_ELEM_LIST_TABLE, &v[i].table);
		str(j->b, NFTA_SET_ELEM_LIST_SET, &v[i].name);
		list = nest(j->b, NFTA_SET_ELEM_LIST_ELEMENTS);
		e = nest(j->b, NFTA_LIST_ELEM);
		bytes(j->b, &v[i].attrs);
		left = htobe64(v[i].expires_ms);
		if (left)
			attr(j->b, NFTA_SET_ELEM_EXPIRATION, &left, sizeof(left));
		nest_end(j->b, e);
		nest_end(j->b, list);
	}
}

/* Its flags, the attribute of that number */
static bool fixed(const struct crfs_net_nft *set)
{
	uint32_t i, k, len, flags = 0;
	const char *p = set->attrs.p;

	for (i = 0; i + 16 <= set->attrs.len; i += 2 * RTA_ALIGN(len)) {
		len = hex_digit(p[i]) << 4 | hex_digit(p[i + 1]) | hex_digit(p[i + 2]) << 12 | hex_digit(p[i + 3]) << 8;
		if (len < 4)
			break;
		for (k = 0; k < 8 && p[i + 5] == '0' + NFTA_SET_FLAGS && p[i + 4] == '0'; k++)
			flags = flags << 4 | hex_digit(p[i + 8 + k]);
	}
	return flags & FIXED;
}

/* From @from on in the order of handles: those that were made, and no rule behind them */
static void put_fixed(struct job *j, size_t *from, size_t to)
{
	const struct crfs_net_nft *v = j->v;

	for (; *from < to; ++*from)
		if (v[j->order[*from]].kind == NFT_KIND_SET && fixed(&v[j->order[*from]]))
			put_elements(j, j->order[*from]);
}

static void put_table(struct job *j)
{
	const struct crfs_net_nft *v = j->v;
	uint64_t next = 1;
	size_t i, sets = 0;

	put_object(j, j->first);
	for (i = 0; i < j->nr; i++) {
		/* without handles, as of an edited tree: in order */
		for (; next < v[j->order[i]].handle; next++)
			filler(j->b, &v[j->first], false, j->order[i]);
		if (v[j->order[i]].kind == NFT_KIND_RULE)
			put_fixed(j, &sets, i);
		put_object(j, j->order[i]);
		next++;
	}
	put_fixed(j, &sets, j->nr);
	for (i = 0; i < j->nr; i++)
		if (v[j->order[i]].kind == NFT_KIND_SET && !fixed(&v[j->order[i]]))
			put_elements(j, j->order[i]);
}

static int by_handle(const void *a, const void *b, void *arg)
{
	const struct crfs_net_nft *v = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int c = (v[x].handle > v[y].handle) - (v[x].handle < v[y].handle);

	return c ?: (x > y) - (x < y);
}

static int put_rows(struct batch *b, const struct crfs_net_nft *v, size_t n, size_t first, size_t *end)
{
	struct job j = { .b = b, .v = v, .first = first };
	size_t i;

	for (i = first + 1; i < n && v[i].kind != NFT_KIND_TABLE; i++)
		;
	*end = j.end = i;
	j.order = calloc(j.end - first, sizeof(*j.order));
	j.made = calloc(j.end - first, sizeof(*j.made));
	b->failed |= !j.order || !j.made;
	for (i = first + 1; i < j.end && !b->failed; i++)
		if (v[i].kind != NFT_KIND_ELEMENT)
			j.order[j.nr++] = i;
	if (!b->failed) {
		qsort_r(j.order, j.nr, sizeof(*j.order), by_handle, (void *)v);
		put_table(&j);
	}
	free(j.order);
	free(j.made);
	return b->failed ? -ENOMEM : 0;
}

/* Return: the first error, with its message's number in @seq; 0 when the last one is answered */
static int answers(int nl, uint32_t last, uint32_t *seq)
{
	char *buf = malloc(ANSWERS);
	const struct nlmsgerr *e;
	int rc = 0, error = 0;
	struct nlmsghdr *h;
	bool done = false;
	ssize_t n;

	if (!buf)
		return -ENOMEM;
	while (!done && !rc) {
		n = recv(nl, buf, ANSWERS, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = error ?: -errno;
		for (h = (void *)buf; n > 0 && NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			e = NLMSG_DATA(h);
			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			if (e->error && !error) {
				error = e->error;
				*seq = h->nlmsg_seq;
			}
			done |= h->nlmsg_seq == last || (e->error && h->nlmsg_seq == 1);
		}
	}
	free(buf);
	return rc ?: error;
}

static int commit(const struct batch *b, uint32_t last, uint32_t *seq)
{
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), rc, on = 1;
	int size = b->len < (1 << 20) ? 1 << 20 : b->len + 4096;
	struct timeval wait = { .tv_sec = 10 };

	if (nl < 0)
		return -errno;
	setsockopt(nl, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(nl, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(nl, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(nl, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	rc = send(nl, b->buf, b->len, 0) != (ssize_t)b->len ? -errno : answers(nl, last, seq);
	close(nl);
	return rc;
}

/* Tables, too, in the order of their handles. */
static int put_tables(struct batch *b, const struct crfs_net_nft *v, size_t n)
{
	uint64_t next = 1, low;
	size_t i, at, end;
	int rc = 0;

	for (; !rc;) {
		for (low = UINT64_MAX, at = n, i = 0; i < n; i++)
			if (v[i].kind == NFT_KIND_TABLE && v[i].handle >= next && v[i].handle < low) {
				low = v[i].handle;
				at = i;
			}
		if (at == n)
			return 0;
		for (; next < low; next++)
			filler(b, &v[at], true, at);
		next++;
		rc = put_rows(b, v, n, at, &end);
	}
	return rc;
}

int nft_put(const struct crfs_net_nft *v, size_t n, size_t *bad)
{
	struct batch b = { .len = 0 };
	uint32_t seq = 0, last;
	int rc;

	*bad = n;
	if (!n)
		return 0;
	begin(&b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, n);
	rc = put_tables(&b, v, n);
	last = b.nr;
	if (!rc && !b.failed)
		((struct nlmsghdr *)(b.buf + b.h))->nlmsg_flags |= NLM_F_ACK;
	begin(&b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, n);
	if (!rc)
		rc = b.failed ? -ENOMEM : commit(&b, last, &seq);
	if (rc && seq && seq <= b.nr)
		*bad = b.row[seq - 1];
	free(b.buf);
	free(b.row);
	return rc;
}

static bool name_ok(const struct crfs_str *s)
{
	return s->len && s->len < NFT_NAME_MAXLEN && !memchr(s->p, 0, s->len);
}

static bool attrs_ok(const struct crfs_str *s)
{
	return !hex_bad(s, 1, ATTRS_MAX);
}

size_t nft_bad(const struct crfs_net_nft *v, size_t n)
{
	uint64_t gap = 0, high = 0, tables = 0;
	size_t i, table = 0;

	for (i = 0; i < n; i++) {
		if (v[i].kind > NFT_KIND_RULE || v[i].family > 255 || !name_ok(&v[i].table) || !attrs_ok(&v[i].attrs) ||
		    (!name_ok(&v[i].name) && v[i].kind != NFT_KIND_TABLE))
			return i;
		if (v[i].kind == NFT_KIND_TABLE) {
			table = i;
			gap = high = 0;
			tables++;
			if (!v[i].handle || v[i].handle > tables + NFT_GAP_MAX)
				return i;
		} else if (!i || v[table].family != v[i].family || !same(&v[table].table, &v[i].table)) {
			return i;
		}
		gap += v[i].kind != NFT_KIND_ELEMENT;
		high = v[i].kind != NFT_KIND_TABLE && v[i].handle > high ? v[i].handle : high;
		if (high > gap + NFT_GAP_MAX)
			return i;
	}
	return n;
}
