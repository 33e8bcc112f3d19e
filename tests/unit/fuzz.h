/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzzers that have a main() of their own share: rounds that are made of their number alone.
 *
 * fuzz_NAME [SECONDS [FIRST]]: `fuzz_NAME 0 FIRST` is that one round again. What fails says which it was.
 */
#ifndef CRFS_FUZZ_H
#define CRFS_FUZZ_H

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static unsigned long round_nr;

#define CHECK(c) do { \
	if (!(c)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #c); \
		abort(); \
	} \
} while (0)

void __sanitizer_set_death_callback(void (*f)(void)) __attribute__((weak));

static inline void say_round(void)
{
	fprintf(stderr, "in round %lu: %s 0 %lu\n", round_nr, program_invocation_short_name, round_nr);
}

static inline void fuzz_signal(int sig)
{
	fprintf(stderr, sig == SIGALRM ? "no end\n" : "aborted\n");
	say_round();
	_exit(1);
}

static inline size_t below(size_t n)
{
	return n ? check_random() % n : 0;
}

static inline int open_files(void)
{
	struct dirent **v;
	int i, n = scandir("/proc/self/fd", &v, NULL, NULL);

	for (i = 0; i < n; i++)
		free(v[i]);
	free(v);
	return n;
}

/** fuzz() - rounds of at most @most seconds, as the arguments say. Return: how many */
static inline unsigned long fuzz(int argc, char **argv, unsigned int most, void (*one)(void *arg), void *arg)
{
	unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
	unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	time_t end = time(NULL) + seconds;

	signal(SIGALRM, fuzz_signal);
	signal(SIGABRT, fuzz_signal);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(say_round);
	round_nr = first;
	do {
		check_seed = (round_nr + 1) * 0x9e3779b97f4a7c15ULL;
		alarm(most);
		one(arg);
		round_nr++;
	} while (time(NULL) < end);
	alarm(0);
	return round_nr - first;
}

#endif
