// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that is unlinked, as after an upgrade, or never had a name (fexecve(3) of a memfd): the file
 * travels as any other without a name does, and this says which it is. PR_SET_MM_EXE_FILE takes it when
 * nobody has it open for writing, as execve(2) would (fs/exec.c, exe_file_deny_write_access()).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <crfs/res/inode/memfd.h>
#include <crfs/res/mm/program.h>

#include "fdroom.h"
#include "mm.h"
#include "proc.h"
#include "program.h"
#include "res/inode/ghost.h"
#include "res/inode/memfd.h"
#include "res/ns/ns.h"
#include "rooms.h"

#define GONE " (deleted)"

/* Of a program that is linked, none. @fd: O_PATH */
static struct inode *nameless(struct snap *s, const struct mm *mm, const char *link, int fd)
{
	size_t n = strlen(link), tail = sizeof(GONE) - 1;
	struct place p = { .mnt_ns = ns_id(s, mm->task, "mnt"), .gone = true };
	struct stat st;

	if (fstat(fd, &st) || st.st_nlink)
		return NULL;
	if (memfd_link(link))
		return snap_inode(s, &res_inode_memfd, st.st_dev, st.st_ino, fcntl(fd, F_DUPFD_CLOEXEC, 0));
	n -= n > tail && !strcmp(link + n - tail, GONE) ? tail : 0;
	p.path = (struct crfs_str){ pool_strndup(&s->pool, link, n), n };
	return p.path.p ? ghost(s, fd, &st, &p) : NULL;
}

static int program_read(struct snap *s, void *obj, struct text *out)
{
	struct mm *mm = obj;
	char *link = proc_link(s->proc, "%d/exe", mm->task->tid);
	int fd = link ? proc_open(s->proc, O_PATH, "%d/exe", mm->task->tid) : -1;
	struct inode *i = fd < 0 ? NULL : nameless(s, mm, link, fd);
	struct crfs_mm_program p = { i ? i->id : 0 };
	struct stat st;

	if (i) {
		text_section(out, &crfs_mm_program_shape);
		text_rec(out, &crfs_mm_program_shape, &p);
	} else if (fd >= 0 && !fstat(fd, &st) && !st.st_nlink) {
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", mm->id),
				 "the program %s is unlinked and cannot be read", link);
	}
	if (fd >= 0)
		close(fd);
	free(link);
	return text_failed(out) ? -ENOMEM : 0;
}

unsigned int program_inode(const struct iobj *o)
{
	const struct crfs_mm_program *p = image_rec(o, &res_mm_program, 0);

	return p ? p->inode : 0;
}

static void program_check(struct image *im, struct iobj *o)
{
	const struct crfs_mm_program *p = image_rec(o, &res_mm_program, 0);
	const struct iobj *i = p ? image_obj(im, IOBJ_INODE, p->inode) : NULL;

	if (p && (!i || (i->room != &res_inode_ghost && i->room != &res_inode_memfd)))
		image_mismatch(im, -EINVAL, o->path, "program: inode %u: no such file", p->inode);
}

/* A program is written to by nobody; so its memfd can get all of its seals, which needs a writer. */
static int seal(const struct iobj *i)
{
	const struct crfs_inode_memfd *m = i->room == &res_inode_memfd ? image_rec(i, &res_inode_memfd, 0) : NULL;
	int now = m ? fcntl(i->fd, F_GET_SEALS) : -1;

	return now < 0 || !(m->seals & ~now) ? 0 : fcntl(i->fd, F_ADD_SEALS, m->seals & ~now);
}

int program_fd(struct restore *rs, const struct iobj *o)
{
	const struct iobj *i = image_obj(rs->im, IOBJ_INODE, program_inode(o));
	int fd, rc = 0;

	if (!i || i->fd < 0)
		return fail_on(rs->err, -ENOENT, o->path, "inodes/%u, the program", program_inode(o));
	if ((fcntl(i->fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return i->fd;
	fd = seal(i) ? -errno : proc_own(O_RDONLY, "self/fd/%d", i->fd);
	if (fd >= 0 && dup3(fd, i->fd, O_CLOEXEC) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return fd < 0 || rc ? fail_on(rs->err, fd < 0 ? fd : rc, i->path, "the program, to be read only") : i->fd;
}

static const struct crfs_shape *const shapes[] = { &crfs_mm_program_shape, NULL };

const struct resource res_mm_program = {
	.name = "program",
	.scope = PER_MM,
	.shapes = shapes,
	.optional = true,
	.read = program_read,
	.check = program_check,
};
