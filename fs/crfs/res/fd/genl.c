// SPDX-License-Identifier: GPL-2.0-only
/* Groups of generic netlink, by what its controller tells of all families (CTRL_CMD_GETFAMILY), of this namespace. */
#include <linux/genetlink.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "res/fd/genl.h"
#include "res/fd/netlink_ask.h"
#include "res/fd/sockopt.h"

/** struct search - for group @id; @name: FAMILY/GROUP, once it is found */
struct search {
	u32 id;
	char name[2 * GENL_NAMSIZ];
};

static void look_at(struct search *s, const char *family, const struct nlattr *group)
{
	const struct nlattr *name = nla_find_nested(group, CTRL_ATTR_MCAST_GRP_NAME);
	const struct nlattr *id = nla_find_nested(group, CTRL_ATTR_MCAST_GRP_ID);

	if (name && id && nla_get_u32(id) == s->id)
		snprintf(s->name, sizeof(s->name), "%.15s/%.15s", family, (const char *)nla_data(name));
}

static void take(void *arg, const struct nlmsghdr *h)
{
	const struct nlattr *family = nlmsg_find_attr(h, GENL_HDRLEN, CTRL_ATTR_FAMILY_NAME);
	const struct nlattr *groups = nlmsg_find_attr(h, GENL_HDRLEN, CTRL_ATTR_MCAST_GROUPS);
	const struct nlattr *group;
	int left;

	if (!family || !groups)
		return;
	nla_for_each_nested(group, groups, left)
		look_at(arg, nla_data(family), group);
}

/* Return: 0, or why it has no name */
static int find(struct snap *s, struct search *is)
{
	const struct {
		struct nlmsghdr h;
		struct genlmsghdr g;
	} q = {
		.h = { .nlmsg_len = sizeof(q), .nlmsg_type = GENL_ID_CTRL, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.g = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 },
	};
	int rc = netlink_list(s->net, NETLINK_GENERIC, &q.h, sizeof(q), take, is);

	return rc ?: *is->name ? 0 : -ENOENT;
}

int genl_rows(struct snap *s, const struct cfile *f, struct crfs_str list, struct text *out)
{
	struct search is;
	__u64 group;
	int rc;

	while (crfs_list_next(&list, &group)) {
		is = (struct search){ .id = group };
		rc = snap_tried(s, find(s, &is));
		if (rc)
			snap_unsupported(s, rc, file_obj(s, f),
					 "it is in group %u of generic netlink, which has no name: let the program leave it",
					 is.id);
		else
			sockopt_row(out, is.name, 1);
	}
	return 0;
}
