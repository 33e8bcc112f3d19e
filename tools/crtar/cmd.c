// SPDX-License-Identifier: GPL-2.0-or-later
/* What all commands share: their options and help, what they say, and being interrupted. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "crtar.h"

static volatile sig_atomic_t caught;

int interrupted(struct err *e)
{
	return caught ? fail(e, -EINTR, "signal %d: it was ended", (int)caught) : 0;
}

void note_signal(int sig)
{
	caught = caught ? caught : sig;
}

/* Whoever has looked, and waits in a system call only now, is called out of it a second later. */
static void call_out(int sig)
{
	if (sig != SIGALRM)
		note_signal(sig);
	alarm(1);
}

/* What was ignored when we came stays so: nohup(1), and a shell's jobs in the background. */
static void catch_unless_ignored(int sig, const struct sigaction *a)
{
	struct sigaction was;

	if (!sigaction(sig, NULL, &was) && was.sa_handler != SIG_IGN)
		sigaction(sig, a, NULL);
}

/* No SA_RESTART: whoever waits in read or write shall see it. */
void catch_signals(void)
{
	struct sigaction a = { .sa_handler = call_out }, ign = { .sa_handler = SIG_IGN };

	catch_unless_ignored(SIGINT, &a);
	catch_unless_ignored(SIGHUP, &a);
	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGALRM, &a, NULL);
	sigaction(SIGPIPE, &ign, NULL);
}

int cmd_usage(const struct cmd *c, FILE *f)
{
	fprintf(f, "Usage: crtar %s %s\n%s.\n\n%s  -h, --help           this text\n", c->name, c->args,
		c->what, c->help);
	return f == stdout ? EXIT_YES : EXIT_TROUBLE;
}

int cmd_wrong(const struct cmd *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "crtar: EINVAL %s: ", c->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ": see crtar %s --help\n", c->name);
	return EXIT_TROUBLE;
}

#define LONGS 24

int cmd_option(const struct cmd *c, int argc, char **argv, const char *shorts,
	       const struct option *longs, int *end)
{
	struct option all[LONGS] = { { "help", no_argument, NULL, 'h' } };
	char with[64];
	int i, o;

	for (i = 0; longs[i].name && i + 2 < LONGS; i++)
		all[i + 1] = longs[i];
	snprintf(with, sizeof(with), ":h%s", shorts);
	o = getopt_long(argc, argv, with, all, NULL);
	if (o == 'h')
		*end = cmd_usage(c, stdout);
	else if (o == '?')
		*end = cmd_wrong(c, "%s: no such option", argv[optind - 1]);
	else if (o == ':')
		*end = cmd_wrong(c, "%s: it takes a value", argv[optind - 1]);
	else
		return o;
	return 0;
}

int say(const struct err *e)
{
	fprintf(stderr, "crtar: %s %s%s%s\n", err_name(e->code), e->object, *e->object ? ": " : "",
		e->text);
	return EXIT_NO;
}

int say_all(const struct errlist *why)
{
	const char *p = why->text ? why->text : "", *nl;

	for (; *p; p = nl + 1) {
		nl = strchrnul(p, '\n');
		fprintf(stderr, "crtar: %.*s\n", (int)(nl - p), p);
		if (!*nl)
			break;
	}
	return EXIT_NO;
}
