// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signals that stop, blocked and pending, when all that could end a tape quietly are caught or
 * pending, too, but one: reading must not take any away. Also what crfs itself stops tapes with.
 */
#include "tests/work/work.h"

static const int sigs[] = { SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH, SIGCHLD, SIGSTKFLT, SIGTERM };
static volatile int got[65];

static void handler(int sig)
{
	got[sig]++;
}

int main(void)
{
	size_t i, n = sizeof(sigs) / sizeof(sigs[0]);
	sigset_t all;
	int sig;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (sig = 1; sig < 65; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && sig != 32 && sig != 33)
			CHECK(signal(sig, handler) != SIG_ERR);
	for (i = 0; i < n; i++)
		CHECK(kill(getpid(), sigs[i]) == 0);
	for (sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		CHECK(kill(getpid(), sig) == 0);

	work_ready();

	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (i = 0; i < n; i++)
		CHECK_EQ(got[sigs[i]], 1);
	for (sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		CHECK_EQ(got[sig], 1);
	CHECK_EQ(got[SIGURG], 0);
	CHECK_EQ(got[SIGCONT], 0);
	work_pass();
}
