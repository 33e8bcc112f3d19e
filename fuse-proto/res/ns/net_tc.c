// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Queueing disciplines of links, tc(8): those of a kind whose options the kernel takes as it tells them, or nearly so
 * (tc_as_taken()). Refused by name
 * are others (classes of their own, offers to hardware) and all with filters. Packets that wait in them are lost, as any
 * network loses packets. Whether netem has a table of how its delays are distributed (NETEM_DELAY_DIST) is not told.
 */
#include <linux/pkt_sched.h>
#include <stdio.h>
#include <string.h>

#include "net_tc.h"
#include "netlink.h"

#define SFQ_FLOWS_MAX 127		/* net/sched/sch_sfq.c */
#define SFQ_DEPTH 127
#define CLSACT_INGRESS 0xfffffff2U
#define CLSACT_EGRESS 0xfffffff3U

static const char *kind_of(const struct nlmsghdr *h)
{
	return nl_find(h, sizeof(struct tcmsg), TCA_KIND, 2) ?: "none";
}

static bool known(const char *kind)
{
	static const char *const kinds[] = {
		"bfifo", "cake", "clsact", "codel", "fq", "fq_codel", "ingress", "mq", "netem", "noqueue", "pfifo", "pfifo_fast",
		"prio", "sfq", "tbf",
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return false;
}

static int found(void *arg, const struct nlmsghdr *h)
{
	bool *any = arg;

	if (h->nlmsg_type == RTM_NEWTFILTER)
		*any = true;
	return *any;
}

static bool filtered(int link, uint32_t parent)
{
	const struct tcmsg m = { .tcm_ifindex = link, .tcm_parent = parent };
	struct nl_request r;
	bool any = false;

	nl_begin(&r, RTM_GETTFILTER, 0, &m, sizeof(m));
	nl_list(NETLINK_ROUTE, &r, found, &any);
	return any;
}

bool tc_odd(const struct nlmsghdr *h, char *why, size_t size)
{
	const struct tcmsg *m = NLMSG_DATA(h);
	const char *kind = kind_of(h);
	const bool both = !strcmp(kind, "clsact");

	if (!known(kind)) {
		snprintf(why, size, "(tc qdisc) of link %d, of kind %.16s", m->tcm_ifindex, kind);
		return true;
	}
	if (both ? filtered(m->tcm_ifindex, CLSACT_INGRESS) || filtered(m->tcm_ifindex, CLSACT_EGRESS) :
		   filtered(m->tcm_ifindex, m->tcm_handle)) {
		snprintf(why, size, "with filters (tc filter) of link %d", m->tcm_ifindex);
		return true;
	}
	return false;
}

bool tc_may_lose(const struct nlmsghdr *h)
{
	const struct tc_netem_qopt *q = nl_find(h, sizeof(struct tcmsg), TCA_OPTIONS, sizeof(*q));

	return !strcmp(kind_of(h), "netem") && q && q->jitter;
}

static size_t room(const void *data)
{
	return RTA_PAYLOAD((const struct rtattr *)((const char *)data - RTA_LENGTH(0)));
}

/*
 * Times of codel are kept in units of 1024 ns (include/net/codel.h), and told and taken in us, rounded down both ways: one
 * more gives the same unit again. A sfq that has more flows than can be asked for has those that it has if nothing is said.
 */
void tc_as_taken(void *attrs, size_t n)
{
	const char *kind = nl_among(attrs, n, TCA_KIND, 2);
	void *options = (void *)nl_among(attrs, n, TCA_OPTIONS, 4);
	const bool fq = kind && !strcmp(kind, "fq_codel");
	const int times[] = { fq ? TCA_FQ_CODEL_TARGET : TCA_CODEL_TARGET, fq ? TCA_FQ_CODEL_INTERVAL : TCA_CODEL_INTERVAL,
			      fq ? TCA_FQ_CODEL_CE_THRESHOLD : TCA_CODEL_CE_THRESHOLD };
	uint32_t *us;
	size_t i;

	if (!kind || !options)
		return;
	for (i = 0; i < 3 && (fq || !strcmp(kind, "codel")); i++) {
		us = (void *)nl_among(options, room(options), times[i], sizeof(*us));
		if (us)
			++*us;
	}
	if (!strcmp(kind, "sfq") && room(options) >= sizeof(struct tc_sfq_qopt)) {
		struct tc_sfq_qopt *q = options;

		if (q->flows > SFQ_FLOWS_MAX) {
			q->flows = 0;
			q->limit = q->limit == SFQ_DEPTH ? 0 : q->limit;	/* else there were as many flows */
		}
	}
}
