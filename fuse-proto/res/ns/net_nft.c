// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nftables of a network namespace, as nfnetlink(7) lists them.
 *
 * What describes an object is kept as it is told, but for what the kernel gives anew (use counts) and what has a
 * column of its own. Elements of a set stand in a hash table, so they are sorted; those of intervals by where
 * they begin and end, as they have to be made. With counters and quotas as they are. What nobody tells and
 * begins anew: how much a limit has let through, where a numgen is.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "net_nft.h"
#include "netlink.h"

#define BIT(n) (1ULL << (n))
#define BODY sizeof(struct nfgenmsg)
#define KEPT_ELEMENT (BIT(NFTA_SET_ELEM_KEY) | BIT(NFTA_SET_ELEM_DATA) | BIT(NFTA_SET_ELEM_FLAGS) | \
		      BIT(NFTA_SET_ELEM_TIMEOUT) | BIT(NFTA_SET_ELEM_USERDATA) | BIT(NFTA_SET_ELEM_EXPR) | \
		      BIT(NFTA_SET_ELEM_OBJREF) | BIT(NFTA_SET_ELEM_KEY_END) | BIT(NFTA_SET_ELEM_EXPRESSIONS))

/**
 * struct kind - how objects of a kind are listed
 * @table, @name, @handle: attributes that become columns; @name 0: none
 * @kept: attributes that make it; @told: those that only tell of it
 */
struct kind {
	int kind, get, new;
	int table, name, handle;
	uint64_t kept, told;
};

static const struct kind kinds[] = {
	{ NFT_KIND_TABLE, NFT_MSG_GETTABLE, NFT_MSG_NEWTABLE, NFTA_TABLE_NAME, 0, NFTA_TABLE_HANDLE,
	  BIT(NFTA_TABLE_FLAGS) | BIT(NFTA_TABLE_USERDATA),
	  BIT(NFTA_TABLE_USE) | BIT(NFTA_TABLE_PAD) | BIT(NFTA_TABLE_OWNER) },
	{ NFT_KIND_CHAIN, NFT_MSG_GETCHAIN, NFT_MSG_NEWCHAIN, NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME, NFTA_CHAIN_HANDLE,
	  BIT(NFTA_CHAIN_HOOK) | BIT(NFTA_CHAIN_POLICY) | BIT(NFTA_CHAIN_TYPE) | BIT(NFTA_CHAIN_COUNTERS) |
	  BIT(NFTA_CHAIN_FLAGS) | BIT(NFTA_CHAIN_USERDATA), BIT(NFTA_CHAIN_USE) | BIT(NFTA_CHAIN_PAD) },
	{ NFT_KIND_OBJECT, NFT_MSG_GETOBJ, NFT_MSG_NEWOBJ, NFTA_OBJ_TABLE, NFTA_OBJ_NAME, NFTA_OBJ_HANDLE,
	  BIT(NFTA_OBJ_TYPE) | BIT(NFTA_OBJ_DATA) | BIT(NFTA_OBJ_USERDATA), BIT(NFTA_OBJ_USE) | BIT(NFTA_OBJ_PAD) },
	/* 19 and 20 (6.15): how it is stored, and how many elements there are */
	{ NFT_KIND_SET, NFT_MSG_GETSET, NFT_MSG_NEWSET, NFTA_SET_TABLE, NFTA_SET_NAME, NFTA_SET_HANDLE,
	  BIT(NFTA_SET_FLAGS) | BIT(NFTA_SET_KEY_TYPE) | BIT(NFTA_SET_KEY_LEN) | BIT(NFTA_SET_DATA_TYPE) |
	  BIT(NFTA_SET_DATA_LEN) | BIT(NFTA_SET_POLICY) | BIT(NFTA_SET_DESC) | BIT(NFTA_SET_TIMEOUT) |
	  BIT(NFTA_SET_GC_INTERVAL) | BIT(NFTA_SET_USERDATA) | BIT(NFTA_SET_OBJ_TYPE) | BIT(NFTA_SET_EXPR) |
	  BIT(NFTA_SET_EXPRESSIONS), BIT(NFTA_SET_PAD) | BIT(19) | BIT(20) },
	{ NFT_KIND_FLOWTABLE, NFT_MSG_GETFLOWTABLE, NFT_MSG_NEWFLOWTABLE, NFTA_FLOWTABLE_TABLE, NFTA_FLOWTABLE_NAME,
	  NFTA_FLOWTABLE_HANDLE, BIT(NFTA_FLOWTABLE_HOOK) | BIT(NFTA_FLOWTABLE_FLAGS),
	  BIT(NFTA_FLOWTABLE_USE) | BIT(NFTA_FLOWTABLE_PAD) },
	{ NFT_KIND_RULE, NFT_MSG_GETRULE, NFT_MSG_NEWRULE, NFTA_RULE_TABLE, NFTA_RULE_CHAIN, NFTA_RULE_HANDLE,
	  BIT(NFTA_RULE_EXPRESSIONS) | BIT(NFTA_RULE_USERDATA), BIT(NFTA_RULE_POSITION) | BIT(NFTA_RULE_PAD) },
};
#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/** struct list - while objects of @k are listed; @of: the set whose elements they are */
struct list {
	struct nft_rows *r;
	const struct kind *k;
	struct crfs_net_nft of;
};

void nft_free(struct nft_rows *r)
{
	size_t i;

	for (i = 0; i < r->nr_text; i++)
		free(r->text[i]);
	free(r->text);
	free(r->v);
	*r = (struct nft_rows){ 0 };
}

/* The text is the rows' from now on, also if there is no memory for that. */
static int own(struct nft_rows *r, char *text)
{
	char **more;

	if (!text)
		return -ENOMEM;
	if (!(r->nr_text & (r->nr_text + 1))) {
		more = realloc(r->text, 2 * (r->nr_text + 1) * sizeof(*more));
		if (!more) {
			free(text);
			return -ENOMEM;
		}
		r->text = more;
	}
	r->text[r->nr_text++] = text;
	return 0;
}

static int add(struct nft_rows *r, const struct crfs_net_nft *row)
{
	struct crfs_net_nft *more;

	if (r->nr == r->size) {
		more = realloc(r->v, (r->size ? 2 * r->size : 64) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		r->v = more;
		r->size = r->size ? 2 * r->size : 64;
	}
	r->v[r->nr++] = *row;
	return 0;
}

static int copy(struct nft_rows *r, const char *text, struct crfs_str *to)
{
	char *own_text = strdup(text);
	int rc = own(r, own_text);

	if (!rc)
		*to = (struct crfs_str){ own_text, strlen(own_text) };
	return rc;
}

/* Of the attributes at @a those of @kept, as they stand. */
static int keep(struct nft_rows *r, const struct rtattr *a, int left, uint64_t kept, uint64_t told,
		struct crfs_str *to)
{
	char *text = malloc(2 * left + 1);
	size_t len = 0;
	int rc = own(r, text), type;

	for (; !rc && RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		type = a->rta_type & NLA_TYPE_MASK;
		if (type < 64 && kept & BIT(type))
			len += hex_put(text + len, (const void *)a, left < (int)RTA_ALIGN(a->rta_len) ? a->rta_len :
				       RTA_ALIGN(a->rta_len));
		else if (type > 63 || !(told & BIT(type)))
			r->odd = "nftables of a kind that this crfs does not know";
	}
	if (!rc)
		*to = (struct crfs_str){ text, len };
	return rc;
}

static uint64_t be64(const void *p)
{
	uint64_t v = 0;

	if (p)
		memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

/* A table of tcp_guard.c, or one that goes with the socket that has made it */
static bool passing(struct list *l, const struct nlmsghdr *h)
{
	const char *table = nl_find(h, BODY, l->k->table, 1);
	size_t i;

	if (l->k->kind == NFT_KIND_TABLE) {
		if (!strncmp(table, "crfs-guard-", 11))
			return true;
		if (nl_find(h, BODY, NFTA_TABLE_OWNER, 4))
			l->r->odd = "a table of nftables that belongs to a socket";
		return false;
	}
	for (i = 0; i < l->r->nr; i++)
		if (l->r->v[i].kind == NFT_KIND_TABLE && !strcmp(l->r->v[i].table.p, table) &&
		    l->r->v[i].family == ((struct nfgenmsg *)NLMSG_DATA(h))->nfgen_family)
			return false;
	return true;
}

static bool has_device(const struct list *l, const struct nlmsghdr *h)
{
	const void *hook = l->k->kind == NFT_KIND_CHAIN ? nl_find(h, BODY, NFTA_CHAIN_HOOK, 4) : NULL;

	return l->k->kind == NFT_KIND_FLOWTABLE ||
	       (hook && (nl_in(hook, NFTA_HOOK_DEV, 1) || nl_in(hook, NFTA_HOOK_DEVS, 0)));
}

static int add_object(void *arg, const struct nlmsghdr *h)
{
	struct list *l = arg;
	const struct kind *k = l->k;
	const char *table = nl_find(h, BODY, k->table, 1), *name = k->name ? nl_find(h, BODY, k->name, 1) : "";
	struct crfs_net_nft row = { .kind = k->kind, .family = ((struct nfgenmsg *)NLMSG_DATA(h))->nfgen_family,
				    .handle = be64(nl_find(h, BODY, k->handle, 8)) };
	const struct rtattr *first = (void *)((char *)NLMSG_DATA(h) + NLMSG_ALIGN(BODY));
	int rc;

	if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | k->new) || !table || !name || passing(l, h))
		return 0;
	l->r->devices |= has_device(l, h);
	rc = copy(l->r, table, &row.table);
	if (!rc && k->name)
		rc = copy(l->r, name, &row.name);
	if (!rc)
		rc = keep(l->r, first, h->nlmsg_len - NLMSG_SPACE(BODY), k->kept, k->told | BIT(k->table) |
			  (k->name ? BIT(k->name) : 0) | BIT(k->handle), &row.attrs);
	return rc ?: add(l->r, &row);
}

static int add_element(struct list *l, const struct rtattr *e)
{
	struct crfs_net_nft row = { .kind = NFT_KIND_ELEMENT, .family = l->of.family, .table = l->of.table,
				    .name = l->of.name };
	int rc = keep(l->r, RTA_DATA(e), RTA_PAYLOAD(e), KEPT_ELEMENT,
		      BIT(NFTA_SET_ELEM_EXPIRATION) | BIT(NFTA_SET_ELEM_PAD), &row.attrs);

	row.expires_ms = be64(nl_in(RTA_DATA(e), NFTA_SET_ELEM_EXPIRATION, 8));
	return rc ?: add(l->r, &row);
}

static int add_elements(void *arg, const struct nlmsghdr *h)
{
	const void *list = nl_find(h, BODY, NFTA_SET_ELEM_LIST_ELEMENTS, 4);
	const struct rtattr *e = list;
	int left, rc = 0;

	if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM) || !list)
		return 0;
	left = RTA_PAYLOAD((const struct rtattr *)((const char *)list - RTA_LENGTH(0)));
	for (; !rc && RTA_OK(e, left); e = RTA_NEXT(e, left))
		rc = add_element(arg, e);
	return rc;
}

/* The first attribute of a row is its key: how many digits that has, with its header (length and type, little-endian) */
static uint32_t key_digits(const struct crfs_str *attrs)
{
	char byte[5] = "";

	if (attrs->len < 4)
		return attrs->len;
	memcpy(byte, attrs->p + 2, 2);
	memcpy(byte + 2, attrs->p, 2);
	return 2 * RTA_ALIGN(strtoul(byte, NULL, 16));
}

/* Behind its key there is nothing but the flag NFT_SET_ELEM_INTERVAL_END. */
static bool ends(const struct crfs_str *attrs, uint32_t key)
{
	return attrs->len == key + 16 && !memcmp(attrs->p + key, "0800030000000001", 16);
}

/* By their keys; where one interval ends and the next begins, the end comes first, as they must be made. */
static int by_key(const void *a, const void *b)
{
	const struct crfs_str *x = &((const struct crfs_net_nft *)a)->attrs, *y = &((const struct crfs_net_nft *)b)->attrs;
	uint32_t n = x->len < y->len ? x->len : y->len, key = key_digits(x) < n ? key_digits(x) : n;
	int c = memcmp(x->p, y->p, key);

	c = c ?: ends(y, key) - ends(x, key);
	c = c ?: memcmp(x->p, y->p, n);
	return c ?: (x->len > y->len) - (x->len < y->len);
}

static int read_elements(struct nft_rows *r, const struct crfs_net_nft *set)
{
	const struct nfgenmsg g = { .nfgen_family = set->family, .version = NFNETLINK_V0 };
	struct list l = { .r = r, .of = *set };
	size_t before = r->nr;
	struct nl_request q;
	int rc;

	nl_begin(&q, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM, 0, &g, sizeof(g));
	nl_attr(&q, NFTA_SET_ELEM_LIST_TABLE, l.of.table.p, l.of.table.len + 1);
	nl_attr(&q, NFTA_SET_ELEM_LIST_SET, l.of.name.p, l.of.name.len + 1);
	rc = nl_list(NETLINK_NETFILTER, &q, add_elements, &l);
	if (r->nr > before)
		qsort(r->v + before, r->nr - before, sizeof(*r->v), by_key);
	return rc;
}

static int read_kind(struct nft_rows *r, const struct kind *k)
{
	const struct nfgenmsg g = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 };
	struct list l = { .r = r, .k = k };
	size_t i, before = r->nr, after;
	struct nl_request q;
	int rc;

	nl_begin(&q, NFNL_SUBSYS_NFTABLES << 8 | k->get, 0, &g, sizeof(g));
	rc = nl_list(NETLINK_NETFILTER, &q, add_object, &l);
	for (i = before, after = r->nr; k->kind == NFT_KIND_SET && i < after && !rc; i++)
		rc = read_elements(r, &r->v[i]);
	return rc;
}

/** struct place - where a row belongs: with its table, and there with its kind; @at: as it was listed */
struct place {
	size_t table, at;
	const struct crfs_net_nft *row;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int c = (x->table > y->table) - (x->table < y->table);

	c = c ?: (x->row->kind > y->row->kind) - (x->row->kind < y->row->kind);
	return c ?: (x->at > y->at) - (x->at < y->at);
}

static size_t table_of(const struct nft_rows *r, size_t tables, const struct crfs_net_nft *row)
{
	size_t i;

	for (i = 0; i < tables; i++)
		if (r->v[i].family == row->family && !strcmp(r->v[i].table.p, row->table.p))
			break;
	return i;
}

/* Listed by kind; wanted by table. */
static int sort(struct nft_rows *r, size_t tables)
{
	struct place *p = calloc(r->nr + 1, sizeof(*p));
	struct crfs_net_nft *v = calloc(r->nr + 1, sizeof(*v));
	size_t i;

	if (!p || !v) {
		free(p);
		free(v);
		return -ENOMEM;
	}
	for (i = 0; i < r->nr; i++)
		p[i] = (struct place){ table_of(r, tables, &r->v[i]), i, &r->v[i] };
	qsort(p, r->nr, sizeof(*p), by_place);
	for (i = 0; i < r->nr; i++)
		v[i] = *p[i].row;
	free(p);
	free(r->v);
	r->v = v;
	r->size = r->nr + 1;
	return 0;
}

/* Handles are given out in a row, by each table, and tables have them of the namespace. */
static void look_at_handles(struct nft_rows *r)
{
	uint64_t high = 0, last = 0;
	size_t i, of = 0, nr = 0, tables = 0;

	for (i = 0; i < r->nr; i++) {
		r->mortal |= r->v[i].expires_ms;
		if (r->v[i].kind == NFT_KIND_TABLE) {
			of = i;
			high = nr = 0;
			last = r->v[i].handle > last ? r->v[i].handle : last;
			tables++;
		}
		nr += r->v[i].handle != 0;
		if (r->v[i].kind != NFT_KIND_TABLE && r->v[i].handle > high)
			high = r->v[i].handle;
		if (high > nr + NFT_GAP_MAX || last > tables + NFT_GAP_MAX)
			r->high = r->v[of].table.p;
	}
}

int nft_read(struct nft_rows *r)
{
	size_t i, tables = 0;
	int rc = 0;

	*r = (struct nft_rows){ 0 };
	for (i = 0; i < NR_KINDS && !rc; i++) {
		rc = read_kind(r, &kinds[i]);
		/* A kernel without them has none. */
		if (!i && (!r->nr || rc))
			return rc == -ENOMEM || rc == -EPERM ? rc : 0;
		tables = i ? tables : r->nr;
	}
	if (!rc)
		rc = sort(r, tables);
	if (!rc)
		look_at_handles(r);
	return rc;
}
