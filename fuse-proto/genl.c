// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups of generic netlink, by what its controller tells of all families (CTRL_CMD_GETFAMILY), of this namespace. */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "genl.h"
#include "netlink.h"

/** struct search - for group @id, or for @name, FAMILY/GROUP, the one that is not NULL */
struct search {
	uint32_t id;
	const char *name;
	char found[GENL_NAME];
};

static bool is_it(struct search *s, const char *family, const void *group)
{
	const char *name = nl_in(group, CTRL_ATTR_MCAST_GRP_NAME, 1);
	const uint32_t *id = nl_in(group, CTRL_ATTR_MCAST_GRP_ID, sizeof(*id));

	if (!name || !id)
		return false;
	snprintf(s->found, sizeof(s->found), "%.15s/%.15s", family, name);
	if (s->name ? strcmp(s->name, s->found) : s->id != *id)
		return false;
	s->id = *id;
	return true;
}

/* Return: 1, it is among the groups of this family */
static int look(void *arg, const struct nlmsghdr *h)
{
	const char *family = nl_find(h, sizeof(struct genlmsghdr), CTRL_ATTR_FAMILY_NAME, 1);
	const void *groups = nl_find(h, sizeof(struct genlmsghdr), CTRL_ATTR_MCAST_GROUPS, 1);
	const struct rtattr *a = groups;
	int left = groups ? RTA_PAYLOAD((const struct rtattr *)((const char *)groups - RTA_LENGTH(0))) : 0;

	for (; family && RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (is_it(arg, family, RTA_DATA(a)))
			return 1;
	return 0;
}

/* Of one family, or (NULL) of all */
static int ask(struct search *s, const char *family)
{
	const struct genlmsghdr g = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	struct nl_request r;
	int rc;

	nl_begin(&r, GENL_ID_CTRL, 0, &g, sizeof(g));
	if (family) {
		nl_attr(&r, CTRL_ATTR_FAMILY_NAME, family, strlen(family) + 1);
		r.h.nlmsg_flags |= NLM_F_ACK;	/* behind an answer in which it is not */
		rc = nl_get(NETLINK_GENERIC, &r, look, s);
	} else {
		rc = nl_list(NETLINK_GENERIC, &r, look, s);
	}
	return rc < 0 ? rc : rc ? 0 : -ENOENT;
}

int genl_name(uint32_t id, char name[GENL_NAME])
{
	struct search s = { .id = id };
	int rc = ask(&s, NULL);

	if (!rc)
		memcpy(name, s.found, GENL_NAME);
	return rc;
}

int genl_id(const char *name, uint32_t *id)
{
	struct search s = { .name = name };
	const char *slash = strchr(name, '/');
	char family[GENL_NAMSIZ];
	int rc;

	if (!slash || slash - name >= (int)sizeof(family))
		return -EINVAL;
	memcpy(family, name, slash - name);
	family[slash - name] = '\0';
	rc = ask(&s, family);
	if (!rc)
		*id = s.id;
	return rc;
}
