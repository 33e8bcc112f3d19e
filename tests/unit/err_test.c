// SPDX-License-Identifier: GPL-2.0-or-later
/* Reasons, lists of them, the pool and growing texts. */
#include <errno.h>
#include <pthread.h>

#include "check.h"
#include "err.h"
#include "every.h"
#include "pool.h"
#include "text.h"

static void one_reason(void)
{
	struct err e = { .code = 0 };

	errno = EBUSY;
	check(fail(&e, -EPERM, "TCP_REPAIR: %s", "needs CAP_NET_ADMIN") == -EPERM, "fail returns");
	check(errno == EBUSY, "fail keeps errno");
	check(fail_on(&e, -EIO, "files/7", "later") == -EIO && e.code == -EPERM &&
	      !strcmp(e.text, "TCP_REPAIR: needs CAP_NET_ADMIN"), "the first reason wins");
	check(!strcmp(e.object, "files/7"), "the object may be named later");
	fail_on(&e, -EIO, "files/8", "later");
	check(!strcmp(e.object, "files/7"), "but once");
	e = (struct err){ .code = 0 };
	fail_on(&e, -ENOENT, "a\nb", "open(%s)", "x\ny");
	check(!strcmp(e.object, "a?b") && !strcmp(e.text, "open(x?y)"), "a reason is one line");
	check(!strcmp(err_name(-EPERM), "EPERM") && !strcmp(err_name(ENOSPC), "ENOSPC") &&
	      !strcmp(err_name(-4000), "E4000"), "errors have names");
}

static void *adder(void *l)
{
	for (int i = 0; i < 500; i++)
		errlist_add(l, -EIO, "mms/1", "reason %d", i);
	return NULL;
}

static unsigned int lines(const struct errlist *l)
{
	unsigned int n = 0;

	for (size_t i = 0; i < l->len; i++)
		n += l->text[i] == '\n';
	return n;
}

static void lists(void)
{
	struct errlist l = { .text = NULL };
	struct err e = { .code = 0 };
	pthread_t t[4];

	errlist_take(&l, &e);
	check(!l.count && !l.text && !l.first, "no reason adds no line");
	fail_on(&e, -EPERM, "files/7", "TCP_REPAIR: needs CAP_NET_ADMIN");
	errlist_take(&l, &e);
	errlist_add(&l, -ENOENT, "", "no object");
	check(l.count == 2 && l.first == -EPERM && l.len == strlen(l.text) &&
	      !strcmp(l.text, "EPERM files/7: TCP_REPAIR: needs CAP_NET_ADMIN\n"
			      "ENOENT: no object\n"),
	      "a list looks as specified");
	errlist_clear(&l);
	check(!l.count && !l.text, "a list is cleared");
	for (int i = 0; i < ERRLIST_MAX; i++)
		errlist_add(&l, -EIO, "x", "%d", i);
	check(lines(&l) == ERRLIST_MAX && strstr(l.text, "EIO x: 999\n"), "all that fit are kept");
	errlist_add(&l, -EIO, "x", "more");
	check(lines(&l) == ERRLIST_MAX && !strstr(l.text, "EIO x: 999\n") &&
	      strstr(l.text, "EIO x: 998\nEOVERFLOW list: 2 more reasons are not listed: mend these\n") &&
	      l.len == strlen(l.text), "then the last line counts the rest");
	errlist_clear(&l);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, adder, &l);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	check(l.count == 2000 && lines(&l) == ERRLIST_MAX &&
	      strstr(l.text, "\nEOVERFLOW list: 1001 more"), "threads may add");
	errlist_clear(&l);
}

static void pools(void)
{
	struct pool p = { .chunks = NULL };
	char *s[2000], *q;
	int bad = 0;

	for (int i = 0; i < 2000; i++) {
		size_t size = i % 50 ? check_random() % 300 : 100000;

		q = pool_alloc(&p, size);
		bad += !q || (uintptr_t)q % _Alignof(max_align_t);
		for (size_t k = 0; q && k < size; k++)
			bad += q[k] != 0;
		memset(q, 0x5a, size);
		s[i] = pool_printf(&p, "line %d", i);
	}
	for (int i = 0; i < 2000; i++)
		bad += atoi(s[i] + 5) != i;
	check(!bad, "a pool hands out zeroed, aligned, separate bytes");
	check(!strcmp(pool_strdup(&p, "abc"), "abc") && !strcmp(pool_strndup(&p, "abc", 2), "ab") &&
	      !*pool_strdup(&p, ""), "a pool copies strings");
	check(!pool_alloc(&p, SIZE_MAX - 8), "too much is NULL");
	pool_free(&p);
	check(!p.chunks && pool_alloc(&p, 1), "a pool can be used again");
	pool_free(&p);
}

static void texts(void)
{
	struct few few = { .name = { "name", 4 } };
	struct text t = { .failed = false }, list = { .failed = false };
	struct crfs_reader r;
	char *buf, *copy, *out;
	size_t len;

	text_section(&t, &few_rows);
	for (few.id = 0; few.id < 10000; few.id++)
		text_rec(&t, &few_rows, &few);
	check(!text_failed(&t), "a text grows");
	buf = text_take(&t, &len);
	copy = memcpy(malloc(len), buf, len);
	out = malloc(len);
	check(every_again(&r, (const struct crfs_shape *const[]){ &few_rows }, 1, copy, len, out,
			  len) == (long)len && !memcmp(out, buf, len) && r.line == 10002,
	      "and is what was put in");
	free(buf);
	free(copy);
	free(out);
	buf = text_take(&t, &len);
	check(buf && !len, "an empty text is one too");
	free(buf);
	for (int i = 0; i < 300; i++)
		text_list(&list, i);
	few.name = text_str(&list);
	check(few.name.len == 10 + 2 * 90 + 3 * 200 + 299, "a list grows");
	text_free(&list);
}

int main(void)
{
	one_reason();
	lists();
	pools();
	texts();
	return check_exit();
}
