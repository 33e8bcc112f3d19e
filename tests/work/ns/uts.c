// SPDX-License-Identifier: GPL-2.0-or-later
/* A uts namespace of its own: host and domain name. */
#include <sys/utsname.h>

#include "tests/work/work.h"

/* Started by unshare --uts: see tests/res/ns/uts.bats. */
int main(void)
{
	struct utsname u;

	CHECK(sethostname("a-name-of-its-own", 17) == 0);
	CHECK(setdomainname("example.org", 11) == 0);
	work_ready();
	CHECK(uname(&u) == 0);
	CHECK_STR(u.nodename, "a-name-of-its-own");
	CHECK_STR(u.domainname, "example.org");
	work_pass();
}
