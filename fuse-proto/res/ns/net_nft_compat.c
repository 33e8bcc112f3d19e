// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules of nftables with expressions of iptables in them ("match", "target"), as iptables-nft(8) makes them: some
 * are for one protocol alone, and who makes such a rule says which, but the kernel does not say it again. It is in
 * the expressions before them: the protocol is loaded, and compared.
 */
#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "net_nft.h"

#define PROTOCOL_AT 9	/* in a header of IPv4 */

static const struct rtattr *find(const void *p, size_t len, int type)
{
	const struct rtattr *a = p;
	int left = len;

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

static const struct rtattr *in(const struct rtattr *nest, int type)
{
	return nest ? find(RTA_DATA(nest), RTA_PAYLOAD(nest), type) : NULL;
}

static uint32_t number(const struct rtattr *nest, int type)
{
	const struct rtattr *a = in(nest, type);
	uint32_t v = 0;

	if (a && RTA_PAYLOAD(a) >= sizeof(v))
		memcpy(&v, RTA_DATA(a), sizeof(v));
	return ntohl(v);
}

/* Which of the registers it puts the protocol in; 0: it does something else */
static uint32_t loads(const char *name, const struct rtattr *data)
{
	if (!strcmp(name, "meta") && number(data, NFTA_META_KEY) == NFT_META_L4PROTO)
		return number(data, NFTA_META_DREG);
	if (!strcmp(name, "payload") && number(data, NFTA_PAYLOAD_BASE) == NFT_PAYLOAD_NETWORK_HEADER &&
	    number(data, NFTA_PAYLOAD_OFFSET) == PROTOCOL_AT && number(data, NFTA_PAYLOAD_LEN) == 1)
		return number(data, NFTA_PAYLOAD_DREG);
	return 0;
}

/* What it compares register @reg with, as nft_protocol() says it */
static unsigned int compares(const char *name, const struct rtattr *data, uint32_t reg)
{
	const struct rtattr *value = in(in(data, NFTA_CMP_DATA), NFTA_DATA_VALUE);

	if (strcmp(name, "cmp") || number(data, NFTA_CMP_SREG) != reg || !value || RTA_PAYLOAD(value) < 1 ||
	    number(data, NFTA_CMP_OP) > NFT_CMP_NEQ)
		return 0;
	return *(const uint8_t *)RTA_DATA(value) | (number(data, NFTA_CMP_OP) == NFT_CMP_NEQ ? 256 : 0);
}

unsigned int nft_protocol(const void *attrs, size_t len)
{
	const struct rtattr *list = find(attrs, len, NFTA_RULE_EXPRESSIONS), *name, *data, *e;
	unsigned int protocol = 0;
	uint32_t reg = 0;
	const char *what;
	int left;

	if (!list)
		return 0;
	left = RTA_PAYLOAD(list);
	for (e = RTA_DATA(list); RTA_OK(e, left); e = RTA_NEXT(e, left)) {
		name = in(e, NFTA_EXPR_NAME);
		data = in(e, NFTA_EXPR_DATA);
		if (!name || !memchr(RTA_DATA(name), 0, RTA_PAYLOAD(name)))
			continue;
		what = RTA_DATA(name);
		if (!strcmp(what, "match") || !strcmp(what, "target"))
			return protocol;
		if (reg && compares(what, data, reg))
			protocol = compares(what, data, reg);
		reg = loads(what, data);	/* of what comes next: others use the register again */
	}
	return 0;
}
