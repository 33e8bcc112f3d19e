/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crtar: its commands, what they say and how they end. */
#ifndef CRTAR_H
#define CRTAR_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "engine.h"
#include "err.h"

/*
 * How crtar ends: EXIT_NO is the answer to a question (it differs, it is damaged) and that something
 * was refused, EXIT_TROUBLE that it was asked wrongly or, for diff, that there is no answer.
 */
enum { EXIT_YES, EXIT_NO, EXIT_TROUBLE };

/**
 * struct cmd - a subcommand
 * @name, @args: how it is called
 * @what: a line for the list
 * @help: the lines about its options
 * @run: gets its own name as argv[0]; the exit status is what it returns
 */
struct cmd {
	const char *name, *args, *what, *help;
	int (*run)(const struct cmd *c, int argc, char **argv);
};

extern const struct cmd cmd_create, cmd_restore, cmd_verify, cmd_seal, cmd_sign;
extern const struct cmd cmd_ls, cmd_ps, cmd_fds, cmd_maps, cmd_mem, cmd_sockets, cmd_show;
extern const struct cmd cmd_diff, cmd_core, cmd_graph, cmd_map, cmd_report, cmd_convert, cmd_merge, cmd_exec_image;

/** cmd_usage() - its help: on stdout if it was asked for. Return: the exit status */
int cmd_usage(const struct cmd *c, FILE *f);

/** cmd_wrong() - it was called wrongly: say how. Return: EXIT_TROUBLE */
int cmd_wrong(const struct cmd *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * cmd_option() - getopt_long() with --help, which every command has
 * Return: the option's val, -1: no more, 0: there is nothing to do but to return *@end
 */
int cmd_option(const struct cmd *c, int argc, char **argv, const char *shorts,
	       const struct option *longs, int *end);

/** say() - print the reason on stderr; say_all() - every reason. Return: EXIT_NO */
int say(const struct err *e);
int say_all(const struct errlist *why);

/** interrupted() - has SIGINT, SIGTERM or SIGHUP come? Then -EINTR with the reason, else 0 */
int interrupted(struct err *e);

/** catch_signals() - let interrupted() tell of them; a reader that has gone is an error of write(2) */
void catch_signals(void);
/** note_signal() - the handler of these; for one that does more */
void note_signal(int sig);

/**
 * options_parse() - "files=lax,lossy" as given to -o
 * @known: of which @text may be: names, each with a blank behind it
 * Return: 0, or -EINVAL with the reason
 */
int options_parse(char *text, const char *known, struct options *o, struct err *e);
#define OPTIONS_CREATE "digest tcp external lossy "
#define OPTIONS_RESTORE "files external lossy "

/** number() - @text as a number from @min to @max, and nothing else. Return: it, -1: it is none such */
long long number(const char *text, long long min, long long max);

#endif
