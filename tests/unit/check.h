/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The least that a unit test needs: a line a case, and an exit status. */
#ifndef CRFS_CHECK_H
#define CRFS_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_failed;

#define check(cond, ...) do { \
	int check_ok = !!(cond); \
	printf("%s - ", check_ok ? "ok" : "not ok"); \
	printf(__VA_ARGS__); \
	printf(check_ok ? "\n" : " (%s:%d: %s)\n", __FILE__, __LINE__, #cond); \
	check_failed |= !check_ok; \
} while (0)

#define check_exit() (check_failed ? EXIT_FAILURE : EXIT_SUCCESS)

/* xorshift64: the same numbers in every run, so that what fails once fails again. */
static uint64_t check_seed __attribute__((unused)) = 88172645463325252ULL;

static inline uint64_t check_random(void)
{
	check_seed ^= check_seed << 13;
	check_seed ^= check_seed >> 7;
	return check_seed ^= check_seed << 17;
}

#endif
