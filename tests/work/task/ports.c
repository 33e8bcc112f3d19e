// SPDX-License-Identifier: GPL-2.0-or-later
/* Access to all I/O ports, and what a process may do is as before: with "some", to some ports (ioperm(2)). */
#include <sys/io.h>

#include "tests/work/work.h"

int main(int argc, char **argv)
{
	char caps[64];

	(void)argv;

	if (argc > 1 ? ioperm(0x80, 1, 1) : iopl(3))
		work_skip("no access to I/O ports here");
	snprintf(caps, sizeof(caps), "%s", work_field("/proc/self/status", "CapEff"));
	work_ready();
	CHECK_STR(work_field("/proc/self/status", "CapEff"), caps);
	outb(0, 0x80);
	work_pass();
}
