// SPDX-License-Identifier: GPL-2.0-or-later
/* Errors that carry a reason, and lists of them. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

/* A reason is one line, whatever a name in it holds. */
static void one_line(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

static void note(struct err *e, int code, const char *object, const char *fmt, va_list ap)
{
	int saved = errno;

	if (!e->code) {
		e->code = code;
		vsnprintf(e->text, sizeof(e->text), fmt, ap);
		one_line(e->text);
	}
	if (object && !*e->object) {
		snprintf(e->object, sizeof(e->object), "%s", object);
		one_line(e->object);
	}
	errno = saved;
}

int fail(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(e, code, NULL, fmt, ap);
	va_end(ap);
	return code;
}

int fail_on(struct err *e, int code, const char *object, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(e, code, object, fmt, ap);
	va_end(ap);
	return code;
}

const char *err_name(int code)
{
	static __thread char unknown[16];
	unsigned int n = code < 0 ? -(unsigned int)code : (unsigned int)code;
	const char *name = strerrorname_np((int)n);

	if (name)
		return name;
	snprintf(unknown, sizeof(unknown), "E%u", n);
	return unknown;
}

/* One lock for all lists: adding is rare, and a list made by zeroing has no lock to set up. */
static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;

static void append(struct errlist *l, const char *line, size_t len)
{
	char *text = realloc(l->text, l->len + len + 1);

	if (!text)	/* the sign is kept in first and count, the sentence is not */
		return;
	memcpy(text + l->len, line, len + 1);
	l->text = text;
	l->len += len;
}

/* Makes room for the line that says how many are missing; what it replaces counts as missing. */
static void drop_last_line(struct errlist *l)
{
	char *nl = l->len > 1 ? memrchr(l->text, '\n', l->len - 1) : NULL;

	l->len = nl ? (size_t)(nl + 1 - l->text) : 0;
}

static void add_line(struct errlist *l, int code, const char *object, const char *text)
{
	char line[sizeof(((struct err *)0)->object) + sizeof(((struct err *)0)->text) + 32];
	int len;

	if (++l->count <= ERRLIST_MAX)
		len = snprintf(line, sizeof(line), "%s%s%s: %s\n", err_name(code),
			       *object ? " " : "", object, text);
	else
		len = snprintf(line, sizeof(line),
			       "EOVERFLOW list: %u more reasons are not listed: mend these\n",
			       l->count - (ERRLIST_MAX - 1));
	if (l->count > ERRLIST_MAX)
		drop_last_line(l);
	if (!l->first)
		l->first = code;
	append(l, line, len);
}

void errlist_add(struct errlist *l, int code, const char *object, const char *fmt, ...)
{
	struct err e = { .code = 0 };
	va_list ap;

	va_start(ap, fmt);
	note(&e, code, object, fmt, ap);
	va_end(ap);
	errlist_take(l, &e);
}

void errlist_take(struct errlist *l, const struct err *e)
{
	int saved = errno;

	if (!e->code || (l->drops && l->drops(e->code, e->object)))
		return;
	pthread_mutex_lock(&adding);
	add_line(l, e->code, e->object, e->text);
	pthread_mutex_unlock(&adding);
	errno = saved;
}

void errlist_clear(struct errlist *l)
{
	free(l->text);
	*l = (struct errlist){ .text = NULL };
}
