// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Labels of addresses (RFC 6724, RTM_GETADDRLABEL), the endpoints and limits of MPTCP's path manager (mptcp_pm, 5.6), sets
 * of ipset(8), and eBPF programs that belong to the namespace: looked at, to be compared with those of a new one. Sets have
 * numbers by which rules have them (xt_set), and these are told to nobody who does not make them.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if_addrlabel.h>
#include <linux/mptcp.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "bpf.h"
#include "net_others.h"
#include "netlink.h"

static uint64_t mix(uint64_t d, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (; n; n--)
		d = (d ^ *b++) * 0x100000001b3ULL;	/* FNV-1a */
	return d;
}

static int add_label(void *arg, const struct nlmsghdr *h)
{
	const struct ifaddrlblmsg *m = NLMSG_DATA(h);
	const void *a = nl_find(h, sizeof(*m), IFAL_ADDRESS, 16);
	uint32_t label = nl_u32(h, sizeof(*m), IFAL_LABEL, 0);
	struct others *o = arg;
	uint64_t d = 0xcbf29ce484222325ULL;

	if (h->nlmsg_type != RTM_NEWADDRLABEL || !a)
		return 0;
	d = mix(d, a, 16);
	d = mix(d, &m->ifal_prefixlen, sizeof(m->ifal_prefixlen));
	d = mix(d, &m->ifal_index, sizeof(m->ifal_index));
	o->labels += mix(d, &label, sizeof(label));
	return 0;
}

static int family_is(void *arg, const struct nlmsghdr *h)
{
	const uint16_t *id = nl_find(h, sizeof(struct genlmsghdr), CTRL_ATTR_FAMILY_ID, sizeof(*id));

	if (id)
		*(uint16_t *)arg = *id;
	return 1;
}

static int add_endpoint(void *arg, const struct nlmsghdr *h)
{
	struct others *o = arg;

	(void)h;
	o->endpoints++;
	return 0;
}

static int add_limits(void *arg, const struct nlmsghdr *h)
{
	struct others *o = arg;

	o->limits[0] = nl_u32(h, sizeof(struct genlmsghdr), MPTCP_PM_ATTR_RCV_ADD_ADDRS, 0);
	o->limits[1] = nl_u32(h, sizeof(struct genlmsghdr), MPTCP_PM_ATTR_SUBFLOWS, 0);
	return 1;
}

static int read_mptcp(struct others *o)
{
	struct genlmsghdr g = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	struct nl_request r;
	uint16_t id = 0;
	int rc;

	nl_begin(&r, GENL_ID_CTRL, NLM_F_ACK, &g, sizeof(g));
	nl_attr(&r, CTRL_ATTR_FAMILY_NAME, MPTCP_PM_NAME, sizeof(MPTCP_PM_NAME));
	if (nl_get(NETLINK_GENERIC, &r, family_is, &id) < 0 || !id)
		return 0;
	g.cmd = MPTCP_PM_CMD_GET_ADDR;
	nl_begin(&r, id, 0, &g, sizeof(g));
	rc = nl_list(NETLINK_GENERIC, &r, add_endpoint, o);
	if (rc < 0)
		return rc;
	g.cmd = MPTCP_PM_CMD_GET_LIMITS;
	nl_begin(&r, id, NLM_F_ACK, &g, sizeof(g));
	rc = nl_get(NETLINK_GENERIC, &r, add_limits, o);
	return rc < 0 ? rc : 0;
}

static int add_set(void *arg, const struct nlmsghdr *h)
{
	struct others *o = arg;

	o->sets += NFNL_MSG_TYPE(h->nlmsg_type) == IPSET_CMD_LIST;
	return 0;
}

static int read_sets(struct others *o)
{
	const struct nfgenmsg g = { .nfgen_family = AF_INET, .version = NFNETLINK_V0 };
	const uint8_t protocol = IPSET_PROTOCOL_MIN;
	struct nl_request r;
	int rc;

	nl_begin(&r, NFNL_SUBSYS_IPSET << 8 | IPSET_CMD_LIST, 0, &g, sizeof(g));
	nl_attr(&r, IPSET_ATTR_PROTOCOL, &protocol, 1);
	rc = nl_list(NETLINK_NETFILTER, &r, add_set, o);
	return rc == -EPERM || rc == -ENOMEM ? rc : 0;
}

int others_read(int net, struct others *o)
{
	const struct ifaddrlblmsg label = { .ifal_family = AF_INET6 };
	struct nl_request r;
	int rc;

	memset(o, 0, sizeof(*o));
	nl_begin(&r, RTM_GETADDRLABEL, 0, &label, sizeof(label));
	rc = nl_list(NETLINK_ROUTE, &r, add_label, o);
	o->programs = bpf_attached_as(net, BPF_FLOW_DISSECTOR) || bpf_attached_as(net, BPF_SK_LOOKUP);
	return rc == -EPERM || rc == -ENOMEM ? rc : read_mptcp(o) ?: read_sets(o);
}
