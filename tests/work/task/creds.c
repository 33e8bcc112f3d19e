// SPDX-License-Identifier: GPL-2.0-or-later
/* Ids, groups, capability sets, securebits, no_new_privs; one child without privilege. */
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>

#include "tests/work/work.h"

struct caps {
	struct __user_cap_data_struct d[2];
	unsigned char bound[64], ambient[64];
	int bits, nnp, keep;
};

static void caps_get(struct caps *c)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	int i;

	memset(c, 0, sizeof(*c));
	CHECK(syscall(SYS_capget, &h, c->d) == 0);
	for (i = 0; i < 64; i++) {
		c->bound[i] = prctl(PR_CAPBSET_READ, i, 0, 0, 0);
		c->ambient[i] = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0);
	}
	c->bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	c->nnp = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

static void caps_set(uint32_t eff, uint32_t perm, uint32_t inh)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { eff, perm, inh }, { 0, 0, 0 } };

	CHECK(syscall(SYS_capset, &h, d) == 0);
}

static void check_ids(uid_t r, uid_t e, uid_t s, uid_t f, gid_t rg, gid_t eg, gid_t sg, gid_t fg)
{
	uid_t a, b, c;
	gid_t g[8];

	CHECK(getresuid(&a, &b, &c) == 0);
	CHECK_EQ(a, r);
	CHECK_EQ(b, e);
	CHECK_EQ(c, s);
	CHECK_EQ(setfsuid(-1), f);
	CHECK(getresgid(&a, &b, &c) == 0);
	CHECK_EQ(a, rg);
	CHECK_EQ(b, eg);
	CHECK_EQ(c, sg);
	CHECK_EQ(setfsgid(-1), fg);
	CHECK_EQ(getgroups(8, g), 3);
	CHECK_EQ(g[0], 4);
	CHECK_EQ(g[1], 27);
	CHECK_EQ(g[2], 70000);
}

int main(void)
{
	gid_t groups[] = { 70000, 4, 27 };
	struct caps before, after;
	pid_t pid;

	CHECK(setgroups(3, groups) == 0);

	pid = work_fork();
	if (pid == 0) {
		/* Somebody: all ids differ, nothing but an ambient capability left. */
		CHECK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
		CHECK(setresgid(2001, 2002, 2003) == 0);
		CHECK(setresuid(1001, 1002, 1003) == 0);
		caps_set(1 << CAP_SETUID | 1 << CAP_KILL, 1 << CAP_SETUID | 1 << CAP_KILL | 1 << CAP_NET_RAW,
			 1 << CAP_NET_RAW);
		CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) == 0);
		CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
		setfsuid(1003);
		caps_get(&before);
		work_up();
		work_wait();
		caps_get(&after);
		CHECK(!memcmp(&before, &after, sizeof(before)));
		check_ids(1001, 1002, 1003, 1003, 2001, 2002, 2003, 2002);
		_exit(0);
	}

	/* Root with less: a smaller bounding set, securebits set and one locked. */
	CHECK(prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE, 0, 0, 0) == 0);
	CHECK(prctl(PR_CAPBSET_DROP, CAP_SYS_TIME, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS,
		    0, 0, 0) == 0);
	CHECK(setresgid(0, 12, 0) == 0);
	caps_get(&before);
	work_ready();
	caps_get(&after);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	check_ids(0, 0, 0, 0, 0, 12, 0, 12);
	work_join(pid, 0);
	work_pass();
}
