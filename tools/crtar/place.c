// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the members of an archive stand in the tree, and which of them cannot be of a checkpoint.
 *
 * Names are never names of this machine's files: they find their place in a tree in memory, and
 * what cannot stand in one is refused before its content is looked at.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/format.h>

#include "resource.h"
#include "source.h"

#define DEPTH_MAX 64
#define MEMBER_COST 512		/* bytes of memory that a member takes at most, whatever is in it */
#define MEMBERS "CRTAR_MEMBERS"
#define MEMBERS_MAX (1 << 20)	/* 2 TiB in whole extents, or 80,000 tasks */

static bool is(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && !memcmp(p, word, n);
}

/* Does a checkpoint have this in its root? @last: a file, else a directory */
static bool in_root(const char *p, size_t n, bool last)
{
	static const char *const dirs[] = { CRFS_TASKS, CRFS_MMS, CRFS_FILES, CRFS_INODES, CRFS_NS };
	size_t i;

	if (last)
		return is(p, n, CRFS_MANIFEST) || is(p, n, CRFS_UNSUPPORTED) ||
		       resource_find(PER_ROOT, p, n);
	for (i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (is(p, n, dirs[i]))
			return true;
	return false;
}

static int check_name(const char *p, size_t n, struct err *e)
{
	size_t i;

	if (n > NAME_MAX)
		return fail(e, -ENAMETOOLONG, "a name longer than any in a checkpoint: is this one");
	if ((n == 1 && *p == '.') || (n == 2 && !memcmp(p, "..", 2)))
		return fail(e, -EINVAL, "a name with dots in it leads elsewhere: no checkpoint has such");
	for (i = 0; i < n; i++)
		if ((unsigned char)p[i] <= ' ' || (unsigned char)p[i] >= 0x7f || p[i] == '\\')
			return fail(e, -EINVAL, "a name that no file of a checkpoint has: is this one");
	return 0;
}

/* Looks at the whole path before anything is made of it. */
static int check_path(const char *path, bool dir, struct err *e)
{
	bool known = dir;
	int depth = 0, r;
	const char *p;
	size_t n;

	if (*path == '/')
		return fail(e, -EINVAL, "an absolute path: no tool makes such of a checkpoint by itself");
	if (strlen(path) >= PATH_MAX / 2)
		return fail(e, -ENAMETOOLONG, "a path longer than any in a checkpoint: is this one");
	for (p = path; *p; p += n + (p[n] == '/')) {
		n = strcspn(p, "/");
		r = n ? check_name(p, n, e) : 0;
		if (r < 0)
			return r;
		if (++depth > DEPTH_MAX)
			return fail(e, -EINVAL, "deeper than any file of a checkpoint: is this one");
		known = known || in_root(p, n, !p[n]);
	}
	return known ? 0 : fail(e, -EINVAL, "no checkpoint has such a file: is this one");
}

static struct node *add(struct source *s, struct node *dir, const char *name, bool is_dir)
{
	struct node *n = is_dir ? tree_dir(s->tree, dir, name) :
				  tree_text(s->tree, dir, name, NULL, 0);

	if (!n || n->front)
		return n;
	n->front = calloc(1, sizeof(struct member));
	if (!n->front)
		return NULL;
	((struct member *)n->front)->complete = true;
	return n;
}

int source_limit(struct source *s, struct err *e)
{
	const char *said = getenv(MEMBERS);
	long long n = said ? number(said, 1, UINT_MAX) : MEMBERS_MAX;

	if (n < 0)
		return fail_on(e, -EINVAL, MEMBERS, "in the environment: a number of files and directories");
	s->members_max = n;
	s->members = 0;
	return 0;
}

static int descend(struct source *s, struct node *dir, const char *p, size_t n, bool is_dir,
		   struct node **out, struct err *e)
{
	char name[NAME_MAX + 1];
	struct node *there;

	memcpy(name, p, n);
	name[n] = '\0';
	there = tree_find(s->tree, dir, name);
	if (there && (there->kind != NODE_DIR || !is_dir))
		return fail(e, -EEXIST, "there is such a member already: name an archive with one checkpoint in it");
	if (!there && source_room(s, MEMBER_COST, e) < 0)
		return e->code;
	if (!there && ++s->members > s->members_max)
		return fail(e, -EFBIG, "more than %zu files and directories: if it is a checkpoint all the same, "
			    "say in " MEMBERS " how many there may be", s->members_max);
	*out = there ? there : add(s, dir, name, is_dir);
	return *out ? 0 : fail(e, -ENOMEM, "memory for its name");
}

int source_place(struct source *s, const char *path, bool dir, struct node **out, struct err *e)
{
	struct node *n = tree_root(s->tree);
	const char *p, *next;
	size_t len;
	int r;

	while (path[0] == '.' && (path[1] == '/' || !path[1]))
		path += 1 + strspn(path + 1, "/");
	r = check_path(path, dir, e);
	for (p = path; !r && *p; p = next) {
		len = strcspn(p, "/");
		next = p + len + strspn(p + len, "/");
		r = descend(s, n, p, len, dir || *next, &n, e);
	}
	if (!r && n->kind == NODE_DIR && !dir)
		r = fail(e, -EISDIR, "a file without a name: is this a checkpoint");
	if (!r)
		*out = n;
	return r;
}
