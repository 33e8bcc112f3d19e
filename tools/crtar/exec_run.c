// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An image that is run: its container is restored, and it is that container's first task to whoever waits.
 *
 * What was restored becomes our child (we are its nearest subreaper), so that its end is told to us; we
 * end the same way. Signals that are sent to us are sent on to it.
 */
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "exec_image.h"

static const int passed_on[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH };
#define NR_PASSED (sizeof(passed_on) / sizeof(*passed_on))

/** struct run - @cgroup: of our making (@own), or the user's */
struct run {
	struct exec_image *x;
	struct exec_stdio stdio;
	char *cgroup, options[EXEC_BLOCK + 1024], offset[32];
	bool own, check;
	pid_t main;
};

static const struct cmd cmd_self = {
	.name = "IMAGE",
	.args = "[--cgroup DIR] [-o OPTION,...] [--check]",
	.what = "restore the container that is in this file, and end as its first task does",
	.help = "      --cgroup DIR     an empty cgroup; else one of its own below that of the caller\n"
		"  -o, --options LIST   as for crtar restore\n"
		"      --check          make nothing, and say everything that stands against it\n",
};

/* Where cgroup v2 is, and where in it we are; malloc'ed. */
static int own_cgroup(char **dir, struct err *e)
{
	char line[PATH_MAX + 256], root[PATH_MAX], point[PATH_MAX], path[PATH_MAX] = "";
	FILE *f = fopen("/proc/self/cgroup", "re");
	size_t n;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "0::%4095[^\n]", path) == 1)
			break;
	if (f)
		fclose(f);
	f = *path ? fopen("/proc/self/mountinfo", "re") : NULL;
	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, " - cgroup2 ") || sscanf(line, "%*d %*d %*s %4095s %4095s", root, point) != 2)
			continue;
		n = strcmp(root, "/") ? strlen(root) : 0;
		if (strncmp(path, root, n) || (n && path[n] && path[n] != '/'))
			continue;
		fclose(f);
		if (asprintf(dir, "%s%s", point, strcmp(path + n, "/") ? path + n : "") < 0)
			return fail(e, -ENOMEM, "memory for a path");
		return 0;
	}
	if (f)
		fclose(f);
	return fail(e, -ENOENT, "no cgroup v2 is mounted here: name a cgroup with --cgroup");
}

static int choose_cgroup(struct run *r, struct err *e)
{
	const char *name = strrchr(program_invocation_name, '/');
	char *dir = NULL;
	int n;

	if (own_cgroup(&dir, e) < 0)
		return e->code;
	n = asprintf(&r->cgroup, "%s/%.200s.%d", dir, name ? name + 1 : program_invocation_name, getpid());
	free(dir);
	r->own = true;
	return n < 0 ? fail(e, -ENOMEM, "memory for the name of its cgroup") : 0;
}

static void add_options(struct run *r, const char *more)
{
	size_t n = strlen(r->options);

	if (*more)
		snprintf(r->options + n, sizeof(r->options) - n, "%s%s", n ? "," : "", more);
}

static int restore(struct run *r)
{
	char *args[16] = { "restore", "-f", "/proc/self/exe", "--offset", r->offset, "--cgroup", r->cgroup };
	int nr = 7;

	snprintf(r->offset, sizeof(r->offset), "%jd", (intmax_t)r->x->archive);
	if (*r->options) {
		args[nr++] = "-o";
		args[nr++] = r->options;
	}
	if (r->check)
		args[nr++] = "--check";
	optind = 0;
	return cmd_restore.run(&cmd_restore, nr, args);
}

/* Is it task @tid of the tree? The tree has the pids of one of the namespaces that it is in. */
static bool is_task(pid_t pid, unsigned int tid)
{
	char path[64], line[512], *p;
	bool is = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "NSpid:", 6))
			for (p = strtok(line + 6, " \t\n"); p && !is; p = strtok(NULL, " \t\n"))
				is = strtoul(p, NULL, 10) == tid;
	if (f)
		fclose(f);
	return is;
}

static pid_t find_main(unsigned int tid)
{
	char path[64];
	int pid, main = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "re");
	while (f && !main && fscanf(f, "%d", &pid) == 1)
		main = is_task(pid, tid) ? pid : 0;
	if (f)
		fclose(f);
	return main;
}

static volatile sig_atomic_t to_pass[NR_PASSED];

/* During the restore it ends that, as with all of crtar; if that was over, the task gets it. */
static void on_signal(int sig)
{
	size_t i;

	if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
		note_signal(sig);
	for (i = 0; i < NR_PASSED; i++)
		if (passed_on[i] == sig)
			to_pass[i] = 1;
}

static void catch_all(void)
{
	struct sigaction a = { .sa_handler = on_signal };
	size_t i;

	for (i = 0; i < NR_PASSED; i++)
		sigaction(passed_on[i], &a, NULL);
}

/* From now on they come only while we wait for them. */
static void hold_all(sigset_t *mask)
{
	struct sigaction a = { .sa_handler = on_signal };
	sigset_t all;
	size_t i;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, mask);
	sigaction(SIGCHLD, &a, NULL);
	sigdelset(mask, SIGCHLD);
	for (i = 0; i < NR_PASSED; i++)
		sigdelset(mask, passed_on[i]);
}

static void pass_on(const struct run *r)
{
	size_t i;

	for (i = 0; i < NR_PASSED; i++)
		if (to_pass[i]) {
			to_pass[i] = 0;
			kill(r->main, passed_on[i]);
		}
}

/* Orphans of the container come to us as well, and go unseen. */
static bool has_ended(pid_t main, int *status)
{
	int st;
	pid_t pid;

	while ((pid = waitpid(-1, &st, WNOHANG)) > 0)
		if (pid == main) {
			*status = st;
			return true;
		}
	return pid < 0 && errno == ECHILD;
}

static int wait_for_main(struct run *r)
{
	int status = EXIT_NO << 8;
	sigset_t mask;

	hold_all(&mask);
	pass_on(r);
	if (r->x->wants & 1U << EXEC_TTY)
		kill(r->main, SIGWINCH);	/* another window, so another size */
	while (!has_ended(r->main, &status)) {
		exec_stdio_wait(&r->stdio, &mask, false);
		pass_on(r);
	}
	exec_stdio_wait(&r->stdio, &mask, true);
	return status;
}

static int remove_dir(const char *path, const struct stat *st, int what, struct FTW *f)
{
	(void)st; (void)f;
	if (what == FTW_DP)
		rmdir(path);	/* not where something still runs */
	return 0;
}

/* As it ended: by the same signal, if it was one; the core, if any, is the task's. */
static int end_as(int status)
{
	struct rlimit none = { 0, 0 };
	struct sigaction a = { .sa_handler = SIG_DFL };
	sigset_t set;

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	setrlimit(RLIMIT_CORE, &none);
	sigaction(WTERMSIG(status), &a, NULL);
	sigfillset(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	kill(getpid(), WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

static int go(struct run *r)
{
	struct err e = { .code = 0 };
	int status;

	if (!r->cgroup && choose_cgroup(r, &e) < 0)
		return say(&e), EXIT_TROUBLE;
	if (exec_stdio_begin(&r->stdio, r->x->wants, &e) < 0)
		return say(&e), EXIT_TROUBLE;
	add_options(r, r->stdio.options);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	catch_all();
	status = restore(r);
	if (status != EXIT_YES || r->check)
		return status;
	exec_stdio_started(&r->stdio);
	r->main = find_main(r->x->main);
	if (!r->main) {
		fail(&e, -ESRCH, "its first task is not our child: it runs in %s", r->cgroup);
		return say(&e), EXIT_TROUBLE;
	}
	status = wait_for_main(r);
	if (r->own)
		nftw(r->cgroup, remove_dir, 16, FTW_PHYS | FTW_DEPTH);
	return end_as(status);
}

int exec_run(struct exec_image *x, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "cgroup", required_argument, NULL, 'g' }, { "options", required_argument, NULL, 'o' },
		{ "check", no_argument, NULL, 'c' }, { NULL, 0, NULL, 0 }
	};
	static struct run r;
	int o, end;

	r.x = x;
	add_options(&r, x->options);
	while ((o = cmd_option(&cmd_self, argc, argv, "o:", longs, &end)) != -1) {
		if (!o)
			return end;
		if (o == 'g')
			r.cgroup = optarg;
		else if (o == 'o')
			add_options(&r, optarg);
		else
			r.check = true;
	}
	if (optind < argc)
		return cmd_wrong(&cmd_self, "%s: it takes no such argument", argv[optind]);
	return go(&r);
}
