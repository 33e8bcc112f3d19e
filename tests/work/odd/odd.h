/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Odd cases: a program of them, one by its name, each with state that is rare in tests and not in life. */
#ifndef ODD_H
#define ODD_H

#include "tests/work/work.h"

struct odd {
	const char *name;
	void (*run)(void);
	struct odd *next;
};

static struct odd *odds;

/* ODD(name) { ... } is a case; it makes its state, calls work_ready(), checks, and returns. */
#define ODD(fn)								\
	static void fn(void);						\
	static struct odd odd_##fn = { #fn, fn, NULL };			\
	__attribute__((constructor)) static void add_##fn(void)		\
	{								\
		odd_##fn.next = odds;					\
		odds = &odd_##fn;					\
	}								\
	static void fn(void)

/* Without a name: all names, one a line. */
int main(int argc, char **argv)
{
	struct odd *o;

	for (o = odds; o; o = o->next) {
		if (argc < 2) {
			puts(o->name);
		} else if (!strcmp(o->name, argv[1])) {
			o->run();
			work_pass();
		}
	}
	return argc < 2 ? 0 : 2;
}

static inline int odd_open(const char *path, int flags)
{
	int fd = open(path, flags, 0640);

	if (fd < 0)
		work_fail(__FILE__, __LINE__, "open %s", path);
	return fd;
}

static inline void odd_put(int fd, const char *s)
{
	CHECK_EQ(write(fd, s, strlen(s)), strlen(s));
}

/* odd_got() - the next read(2) gives exactly this */
#define odd_got(fd, s) \
	do { \
		char __b[4096]; \
		ssize_t __n = read(fd, __b, sizeof(__b) - 1); \
		CHECK(__n >= 0); \
		__b[__n] = 0; \
		CHECK_STR(__b, s); \
	} while (0)

#endif
