// SPDX-License-Identifier: GPL-2.0-or-later
/* A session keyring of its own: "full", with a key in it; "user", with the keyring of its user, as pam_keyinit(8) does it. */
#include <linux/keyctl.h>

#include "tests/work/work.h"

static long ctl(int what, long a, long b, long c)
{
	return syscall(SYS_keyctl, what, a, b, c, 0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long key = 0;
	pid_t pid;

	if (ctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0) < 0)
		work_skip("no keyrings");
	if (!strcmp(what, "full"))
		key = syscall(SYS_add_key, "user", "crfs-test", "secret", 6, KEY_SPEC_SESSION_KEYRING);
	else if (!strcmp(what, "user"))
		key = ctl(KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_SESSION_KEYRING, 0);
	CHECK(key >= 0);
	/* who has the same */
	pid = work_fork();
	if (!pid) {
		work_up();
		work_wait();
		_exit(0);
	}
	work_ready();
	if (!strcmp(what, "full"))
		CHECK_EQ(ctl(KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, (long)"user", (long)"crfs-test"), key);
	work_join(pid, 0);
	work_pass();
}
