// SPDX-License-Identifier: GPL-2.0-or-later
/* The mounts of a namespace stand in one order, whenever they were mounted. */

#include <crfs/mountinfo.h>
#include <crfs/str.h>

#include "check.h"

#define MANY 20000

/* "number parent point, ..." of @text in the tree's order */
static char *arranged(const char *text, bool ours)
{
	size_t n = crfs_mountinfo_lines(text), i;
	struct crfs_mnts from = {calloc(n, sizeof(*from.v)), 0}, to = {calloc(n, sizeof(*to.v)), 0};
	char *copy = strdup(text), *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	crfs_mountinfo_parse(copy, ours, &from);
	crfs_mountinfo_arrange(&from, &to);
	for (i = 0; i < to.nr; i++)
		fprintf(f, "%s%u %u %.*s", i ? ", " : "", to.v[i].c.id, to.v[i].c.parent,
			(int)to.v[i].c.mountpoint.len, to.v[i].c.mountpoint.p);
	fclose(f);
	free(copy);
	free(from.v);
	free(to.v);
	return out;
}

static bool is(const char *text, bool ours, const char *want)
{
	char *got = arranged(text, ours);
	bool same = !strcmp(got, want);

	if (!same)
		fprintf(stderr, "%s\n", got);
	free(got);
	return same;
}

#define LINE(id, up, point)                                                                        \
#id " " #up " 0:" #id " / " point " rw,noatime shared:3 master:1 - tmpfs none rw\n"

static void orders(void)
{
	/* parents first, children by mount point, whatever their age */
	check(is(LINE(20, 1, "/") LINE(31, 30, "/b/x") LINE(30, 20, "/b") LINE(40, 20, "/a"), true,
		 "1 0 /, 2 1 /a, 3 1 /b, 4 3 /b/x"),
	      "parents first, children by mount point");
	/* two at one place: by age; on each other: as they lie */
	check(is(LINE(20, 1, "/") LINE(33, 20, "/a") LINE(22, 20, "/a") LINE(50, 22, "/a"), true,
		 "1 0 /, 2 1 /a, 3 2 /a, 4 1 /a"),
	      "two at one place");
	/* from a chroot: nobody's parent is in the list; one is its own */
	check(is(LINE(35, 9, "/z") LINE(36, 8, "/y") LINE(37, 36, "/y/z") LINE(7, 7, "/"), true,
		 "1 0 /, 2 0 /y, 3 2 /y/z, 4 0 /z"),
	      "what is seen from a chroot");
	check(is("", true, ""), "no mounts");
	check(is("not a line of it\n1 2\n", true, ""), "no lines of mountinfo");
}

static void fields(void)
{
	static const char line[] = "36 35 98:0 /m\\0401 /m\\134 rw shared:7 propagate_from:2 "
				   "unbindable - ext3 /dev/root rw,errors=x";
	struct crfs_mnt m;
	struct crfs_mnts all = {&m, 0};
	char copy[sizeof(line)];

	memcpy(copy, line, sizeof(line));
	crfs_mountinfo_parse(copy, false, &all);
	check(all.nr == 1 && m.id == 36 && m.parent == 35 && m.shared == 7 && !m.master &&
		      m.unbindable,
	      "numbers and optional fields");
	check(!strcmp(m.dev, "98:0") && crfs_str_is(&m.c.root, "/m 1") &&
		      crfs_str_is(&m.c.mountpoint, "/m\\"),
	      "escapes");
	check(crfs_str_is(&m.c.fstype, "ext3") && crfs_str_is(&m.c.source, "/dev/root"),
	      "type and source");
	check(crfs_str_is(&m.c.options, "rw") && crfs_str_is(&m.c.super, "rw,errors=x"), "options");
}

static void of_crfs(void)
{
	static const char text[] =
		"20 1 0:1 / / rw - tmpfs none rw\n21 20 0:2 / /cr rw - fuse.crfs none rw\n";

	check(is(text, true, "1 0 /, 2 1 /cr"), "with those of crfs");
	check(is(text, false, "1 0 /"), "without those of crfs");
}

/* A chain of them, each below the one before, does not take the stack, nor a square of steps. */
static void deep(void)
{
	char *text = NULL, *got;
	size_t len, i;
	FILE *f = open_memstream(&text, &len);

	for (i = MANY; i; i--)
		fprintf(f, "%zu %zu 0:1 / /x rw - tmpfs none rw\n", i, i - 1);
	fclose(f);
	got = arranged(text, true);
	check(!strncmp(got, "1 0 /x, 2 1 /x, ", 16) && strstr(got, "20000 19999 /x"),
	      "20000, each below the one before");
	free(got);
	free(text);
}

int main(void)
{
	orders();
	fields();
	of_crfs();
	deep();
	return check_exit();
}
