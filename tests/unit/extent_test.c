// SPDX-License-Identifier: GPL-2.0-or-later
/* Extents: chosen cases, and random sets of pages against a slow and simple model. */
#include <errno.h>

#include <crfs/extent.h>

#include "check.h"

#define PAGE 4096ULL
#define MAX 4096

struct range {
	uint64_t start, end;
};

static int run(const struct range *in, int n, bool bridge, struct range *out)
{
	struct crfs_extents x;
	__u64 s, e;
	int got = 0;

	crfs_extents_init(&x, PAGE, bridge);
	for (int i = 0; i < n; i++) {
		if (crfs_extents_feed(&x, in[i].start, in[i].end))
			return -1;
		for (; crfs_extents_next(&x, &s, &e); got++)
			out[got] = (struct range){ s, e };
	}
	if (crfs_extents_last(&x, &s, &e))
		out[got++] = (struct range){ s, e };
	return crfs_extents_last(&x, &s, &e) ? -1 : got;
}

#define M2 CRFS_EXTENT_SIZE
static const struct {
	const char *what;
	bool bridge;
	int nin, nout;
	struct range in[3], out[4];
} cases[] = {
	{ "nothing", true, 0, 0, { { 0, 0 } }, { { 0, 0 } } },
	{ "one page at 0", true, 1, 1, { { 0, PAGE } }, { { 0, PAGE } } },
	{ "a boundary", true, 1, 2, { { M2 - PAGE, M2 + PAGE } },
	  { { M2 - PAGE, M2 }, { M2, M2 + PAGE } } },
	{ "over two boundaries", true, 1, 3, { { M2 - PAGE, 2 * M2 + PAGE } },
	  { { M2 - PAGE, M2 }, { M2, 2 * M2 }, { 2 * M2, 2 * M2 + PAGE } } },
	{ "exactly one extent", true, 1, 1, { { M2, 2 * M2 } }, { { M2, 2 * M2 } } },
	{ "a short hole", true, 2, 1,
	  { { 0, PAGE }, { 16 * PAGE, 17 * PAGE } },
	  { { 0, 17 * PAGE } } },
	{ "a long hole", true, 2, 2, { { 0, PAGE }, { 17 * PAGE, 18 * PAGE } },
	  { { 0, PAGE }, { 17 * PAGE, 18 * PAGE } } },
	{ "a short hole that must stay", false, 2, 2, { { 0, PAGE }, { 2 * PAGE, 3 * PAGE } },
	  { { 0, PAGE }, { 2 * PAGE, 3 * PAGE } } },
	{ "ranges that touch", false, 2, 1, { { 0, PAGE }, { PAGE, 2 * PAGE } },
	  { { 0, 2 * PAGE } } },
	{ "a hole at a boundary", true, 2, 2,
	  { { M2 - 2 * PAGE, M2 - PAGE }, { M2 + PAGE, M2 + 2 * PAGE } },
	  { { M2 - 2 * PAGE, M2 - PAGE }, { M2 + PAGE, M2 + 2 * PAGE } } },
	{ "the last page there is", true, 1, 1, { { -2 * PAGE, -PAGE } },
	  { { -2 * PAGE, -PAGE } } },
};

static void chosen(void)
{
	struct range out[8];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int n = run(cases[i].in, cases[i].nin, cases[i].bridge, out);

		check(n == cases[i].nout && !memcmp(out, cases[i].out, n * sizeof(*out)), "%s",
		      cases[i].what);
	}
}

/* Page by page: a page begins an extent unless the last one is near and in the same 2 MiB. */
static int model(const bool *page, uint64_t base, bool bridge, struct range *out)
{
	int n = 0;

	for (uint64_t i = 0; i < MAX; i++) {
		uint64_t at = base + i * PAGE, hole = n ? at - out[n - 1].end : 0;

		if (!page[i])
			continue;
		if (!n || out[n - 1].start / M2 != at / M2 ||
		    (hole && (!bridge || hole >= CRFS_HOLE_MAX * PAGE)))
			out[n++].start = at;
		out[n - 1].end = at + PAGE;
	}
	return n;
}

static void compare(void)
{
	static struct range in[MAX], got[MAX], want[MAX];
	static bool page[MAX];
	int bad = 0;

	for (int n = 0; n < 300; n++) {
		uint64_t base = (check_random() % 1024) * PAGE;
		unsigned int density = 1 + check_random() % 40, from, nin = 0;
		bool bridge = check_random() & 1;
		int nout;

		for (int i = 0; i < MAX; i++)
			page[i] = i && check_random() % 8 ? page[i - 1] :
							    !(check_random() % density);
		for (from = 0; from < MAX; from++) {
			bool cut = from && page[from - 1] && check_random() % 10;

			if (!page[from])
				continue;
			if (!cut)	/* a new range, now and then also where the last one ends */
				in[nin++].start = base + from * PAGE;
			in[nin - 1].end = base + (from + 1) * PAGE;
		}
		nout = run(in, nin, bridge, got);
		bad += nout != model(page, base, bridge, want) ||
		       memcmp(got, want, nout * sizeof(*got));
	}
	check(!bad, "300 random sets of pages, cut anyhow, agree with the model");
}

static void misuse(void)
{
	struct crfs_extents x;

	crfs_extents_init(&x, PAGE, true);
	check(crfs_extents_feed(&x, PAGE, PAGE) == -EINVAL, "an empty range is refused");
	check(crfs_extents_feed(&x, 1, PAGE) == -EINVAL, "half a page is refused");
	check(!crfs_extents_feed(&x, PAGE, 3 * PAGE), "a range is taken");
	check(crfs_extents_feed(&x, 4 * PAGE, 5 * PAGE) == -EINVAL, "one at a time");
	while (crfs_extents_next(&x, &(__u64){ 0 }, &(__u64){ 0 }))
		;
	check(crfs_extents_feed(&x, 2 * PAGE, 4 * PAGE) == -EINVAL, "going back is refused");
}

int main(void)
{
	chosen();
	compare();
	misuse();
	return check_exit();
}
