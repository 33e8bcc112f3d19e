// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cgroups below the container's, and what is set in them.
 *
 * Every file of a sub-cgroup that its owner may write is read; those that keep what was written
 * (limits, weights, cgroup.type, cgroup.freeze ...) are written back. Which exist depends on the
 * controllers (Documentation/admin-guide/cgroup-v2.rst); one that is missing at restore is named.
 * What is set in the container's own cgroup is not touched: it belongs to whoever made it, there
 * and here. Statistics and usage start at zero. BPF programs that are attached to a cgroup are refused: the kernel does not
 * take a program back as it gives it. One that says which devices may be used comes with the cgroup from whoever makes
 * containers (runc, systemd); that it is there is noted, and at the restore it must be.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crfs/res/root/cgroup.h>

#include "bpf.h"
#include "resource.h"
#include "rooms.h"

/* Files that are written to make something happen, or that list tasks. */
static const char *const verbs[] = {
	"cgroup.procs", "cgroup.threads", "cgroup.kill", "memory.reclaim", "tasks",
	"cgroup.event_control", "cgroup.pressure", "irq.pressure", "cpu.pressure", "memory.pressure",
	"io.pressure", "memory.peak", "memory.swap.peak", "notify_on_release",
};

static struct crfs_str str(const char *p)
{
	return (struct crfs_str){ p, strlen(p) };
}

static bool setting(int dir, const char *name)
{
	struct stat st;
	size_t i;

	if (fstatat(dir, name, &st, 0) || !S_ISREG(st.st_mode) || (st.st_mode & 0600) != 0600)
		return false;
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(name, verbs[i]))
			return false;
	return true;
}

static void emit_file(int dir, const char *path, const char *name, struct text *out)
{
	struct crfs_cgroup c = { .path = str(path), .file = str(name) };
	char buf[4096], *line, *save = NULL;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return;
	buf[n] = 0;
	for (line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		c.value = str(line);
		text_rec(out, &crfs_cgroup_shape, &c);
	}
}

static void name_programs(struct snap *s, int dir, const char *path)
{
	if (bpf_attached(dir, false))
		snap_unsupported(s, -EOPNOTSUPP, "cgroup", "%s: BPF programs are attached to it, which cannot be carried: detach them",
				 path);
}

static bool is_device(const struct crfs_cgroup *c)
{
	return c->file.len == strlen(CRFS_CGROUP_DEVICE) && !memcmp(c->file.p, CRFS_CGROUP_DEVICE, c->file.len);
}

static int walk(struct snap *s, int dir, const char *path, struct text *out);

static int one(struct snap *s, int parent, const char *path, const char *name, struct text *out)
{
	char *sub = pool_printf(&s->scratch, "%s/%s", path, name);
	struct crfs_cgroup c = { .path = str(sub ? sub : "") };
	int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;
	struct dirent **list;
	int i, n;

	if (!sub || dir < 0) {
		if (dir >= 0)
			close(dir);
		return sub ? 0 : -ENOMEM;
	}
	text_rec(out, &crfs_cgroup_shape, &c);
	name_programs(s, dir, sub);
	if (bpf_attached(dir, true))
		text_rec(out, &crfs_cgroup_shape, &(struct crfs_cgroup){ c.path, str(CRFS_CGROUP_DEVICE), str("attached") });
	n = scandirat(dir, ".", &list, NULL, alphasort);
	for (i = 0; i < n; i++) {
		if (setting(dir, list[i]->d_name))
			emit_file(dir, sub, list[i]->d_name, out);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	rc = walk(s, dir, sub, out);
	close(dir);
	return rc;
}

/* In the order of names, so that the same cgroups give the same text. */
static int walk(struct snap *s, int dir, const char *path, struct text *out)
{
	struct dirent **list;
	int i, n = scandirat(dir, ".", &list, NULL, alphasort), rc = 0;

	if (n < 0)
		return -errno;
	for (i = 0; i < n; i++) {
		if (!rc && list[i]->d_type == DT_DIR && list[i]->d_name[0] != '.')
			rc = one(s, dir, path, list[i]->d_name, out);
		free(list[i]);
	}
	free(list);
	return rc;
}

static int cgroup_read(struct snap *s, void *obj, struct text *out)
{
	int dir = openat(s->cg->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	(void)obj;
	if (dir < 0)
		return fail(s->err, -errno, "opening the cgroup");
	text_section(out, &crfs_cgroup_shape);
	rc = walk(s, dir, "", out);
	close(dir);
	return rc;
}

/* Paths lead down from the cgroup and files are names in it: anything else is an attack. */
static bool sane(const struct crfs_cgroup *c)
{
	if (!c->path.len || c->path.p[0] != '/' || memmem(c->path.p, c->path.len, "/.", 2) ||
	    memchr(c->path.p, 0, c->path.len) || memchr(c->file.p, 0, c->file.len) || c->path.len > 2000)
		return false;
	return c->file.len < 100 && !memchr(c->file.p, '/', c->file.len) &&
	       (!c->file.len || c->file.p[0] != '.');
}

static const char *path_of(const struct crfs_cgroup *c, char *buf, size_t size)
{
	snprintf(buf, size, ".%.*s%s%.*s", (int)c->path.len, c->path.p, c->file.len ? "/" : "",
		 (int)c->file.len, c->file.p);
	return buf;
}

static bool there(struct image *im, const struct crfs_cgroup *c)
{
	char path[2200];

	return !faccessat(im->cg->dir, path_of(c, path, sizeof(path)), F_OK, 0);
}

/* Is there one that says which devices may be used? */
static void check_device(struct image *im, const struct crfs_cgroup *c)
{
	char path[2200];
	int dir;

	snprintf(path, sizeof(path), ".%.*s", (int)c->path.len, c->path.p);
	dir = openat(im->cg->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || !bpf_attached(dir, true))
		image_mismatch(im, -EOPNOTSUPP, "cgroup",
			       "%.*s: a BPF program said which devices may be used there, and none does here: attach one, or remove the row",
			       (int)c->path.len, c->path.p);
	if (dir >= 0)
		close(dir);
}

static void cgroup_check(struct image *im, struct iobj *o)
{
	size_t n, i;
	const struct crfs_cgroup *c = image_recs(o, &res_root_cgroup, 0, &n);

	bool *made = pool_alloc(&im->pool, n + 1);

	for (i = 0; i < n; i++) {
		if (!sane(&c[i]))
			image_mismatch(im, -EINVAL, "cgroup", "row %zu: not a path below the cgroup", i + 1);
		else if (made)
			made[i] = !c[i].file.len && !there(im, &c[i]);
		if (sane(&c[i]) && is_device(&c[i]))
			check_device(im, &c[i]);
	}
	o->priv = made;
}

static void cgroup_undo(struct image *im, struct iobj *o)
{
	const bool *made = o->priv;
	char path[2200];
	size_t n, i;
	const struct crfs_cgroup *c = image_recs(o, &res_root_cgroup, 0, &n);

	for (i = n; made && i-- > 0;)
		if (made[i])
			unlinkat(im->cg->dir, path_of(&c[i], path, sizeof(path)), AT_REMOVEDIR);
}

static int put_row(struct restore *rs, const struct crfs_cgroup *c)
{
	char path[2200], value[4100];
	int fd, rc = 0;

	path_of(c, path, sizeof(path));
	if (is_device(c))
		return 0;
	if (!c->file.len) {
		if (mkdirat(rs->im->cg->dir, path, 0755) && errno != EEXIST)
			return fail_on(rs->err, -errno, "cgroup", "mkdir %s", path + 1);
		return 0;
	}
	snprintf(value, sizeof(value), "%.*s", (int)c->value.len, c->value.p);
	fd = openat(rs->im->cg->dir, path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return fail_on(rs->err, -errno, "cgroup",
			       "open %s: enable the controller it belongs to in the cgroup above", path + 1);
	/* "domain" cannot be written, and is what a new cgroup is. */
	if (write(fd, value, strlen(value)) < 0) {
		char now[4096];
		ssize_t n = pread(fd, now, sizeof(now), 0);

		rc = -errno;
		if (n >= (ssize_t)c->value.len && !memcmp(now, value, c->value.len))
			rc = 0;
	}
	close(fd);
	return rc ? fail_on(rs->err, rc, "cgroup", "write %s to %s", value, path + 1) : 0;
}

static int cgroup_make(struct restore *rs, struct iobj *o)
{
	size_t n, i;
	const struct crfs_cgroup *c = image_recs(o, &res_root_cgroup, 0, &n);
	int rc = 0;

	for (i = 0; i < n && !rc; i++)
		rc = put_row(rs, &c[i]);
	return rc;
}

static const struct crfs_shape *const shapes[] = { &crfs_cgroup_shape, NULL };

const struct resource res_root_cgroup = {
	.name = "cgroup",
	.scope = PER_ROOT,
	.shapes = shapes,
	.read = cgroup_read,
	.check = cgroup_check,
	.make = cgroup_make,
	.undo = cgroup_undo,
};
