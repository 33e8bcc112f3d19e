/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors that carry a reason, and lists of them. */
#ifndef CRFS_ERR_H
#define CRFS_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * struct err - why something failed: the first reason wins
 * @code: negative errno, 0 while nothing failed
 * @object: what of the tree it concerns ("files/7", "tasks/42"); "" if none
 * @text: "what was tried: what to do", one line
 */
struct err {
	int code;
	char object[128];
	char text[384];
};

/**
 * fail() - note the reason unless one is noted already
 * Return: @code, always, so that `return fail(e, -errno, "...")` is one statement
 */
int fail(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/**
 * fail_on() - the same, naming the object; @object is kept if none was named before
 */
int fail_on(struct err *e, int code, const char *object, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** err_name() - "EPERM" for -EPERM or EPERM, "E123" for numbers libc does not know */
const char *err_name(int code);

/**
 * struct errlist - every reason at once; lines "ERRNO object: text"
 * @text: the lines, each ended by '\n'; NULL while empty
 * @len: strlen(@text)
 * @count: number of reasons added, also of those not kept
 * @first: negative errno of the first line, 0 while empty
 * @drops: which are none for whoever has the list, and are not added; NULL: all are
 *
 * Adding is thread-safe. At most ERRLIST_MAX lines are kept, the last then says how many more
 * there were.
 */
struct errlist {
	char *text;
	size_t len;
	unsigned int count;
	int first;
	bool (*drops)(int code, const char *object);
};
#define ERRLIST_MAX 1000

void errlist_add(struct errlist *l, int code, const char *object, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void errlist_take(struct errlist *l, const struct err *e);
void errlist_clear(struct errlist *l);

#endif
