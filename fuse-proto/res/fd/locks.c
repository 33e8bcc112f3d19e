// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Locks on files: flock(2), OFD locks and leases, which belong to a description, and POSIX locks,
 * which belong to a descriptor table.
 *
 * From the lock lines of fdinfo (Linux 4.1). They are taken again without waiting: whoever took
 * one in the meantime is not robbed, the restore fails. A lease that is being broken is refused.
 * The pid that /proc/locks shows for flock and OFD locks is not put back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>

#include <crfs/res/fd/fds.h>
#include <crfs/res/fd/locks.h>

#include "fdroom.h"
#include "locks.h"

struct posix_lock {
	struct crfs_posix_lock rec;
	unsigned int file;
	struct posix_lock *next;
};

/** struct line - "1: OFDLCK ADVISORY  READ -1 00:2a:17 0 EOF" taken apart (lock_get_status()) */
struct line {
	char kind[16], state[16], mode[16];
	uint64_t start, len;
};

static bool parse(const char *p, struct line *l)
{
	char end[24];
	long long start;

	if (sscanf(p, "%*u: %15s %15s %15s %*s %*s %lld %23s", l->kind, l->state, l->mode, &start,
		   end) != 5)
		return false;
	l->start = start;
	l->len = strcmp(end, "EOF") ? strtoull(end, NULL, 10) - l->start + 1 : 0;
	return true;
}

static uint8_t mode_of(const struct line *l)
{
	return strcmp(l->mode, "WRITE") ? CRFS_LOCK_READ : CRFS_LOCK_WRITE;
}

#define for_each_lock(info, p) \
	for (p = info_line(info, "lock"); p; p = info_line(strchr(p, '\n'), "lock"))

static bool of_description(const struct line *l, struct crfs_lock *rec)
{
	if (!strcmp(l->kind, "FLOCK"))
		rec->kind = CRFS_LOCK_FLOCK;
	else if (!strcmp(l->kind, "OFDLCK"))
		rec->kind = CRFS_LOCK_OFD;
	else if (!strcmp(l->kind, "LEASE") && !strcmp(l->state, "ACTIVE"))
		rec->kind = CRFS_LOCK_LEASE;
	else
		return false;
	rec->mode = mode_of(l);
	rec->start = l->start;
	rec->len = l->len;
	return true;
}

void locks_read(struct snap *s, const struct file *f, struct text *out)
{
	struct crfs_lock rec;
	struct line l;
	const char *p;

	text_section(out, &crfs_lock_shape);
	for_each_lock(f->info, p) {
		if (!parse(p, &l) || !strcmp(l.kind, "POSIX"))
			continue;
		if (f->flight && !strcmp(l.kind, "LEASE"))
			file_refuse_flight(s, f, "with a lease");
		if (of_description(&l, &rec))
			text_rec(out, &crfs_lock_shape, &rec);
		else
			snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%s lock, %s: "
					 "wait until it is settled", l.kind, l.state);
	}
}

/* Of one that is being broken, F_GETLEASE says what it is to become, which may be none. */
bool locks_leased(const struct file *f)
{
	struct line l;
	const char *p;

	for_each_lock(f->info, p)
		if (parse(p, &l) && !strcmp(l.kind, "LEASE"))
			return true;
	return false;
}

void locks_refuse(struct snap *s, const struct file *f)
{
	struct line l;
	const char *p;

	for_each_lock(f->info, p)
		if (parse(p, &l) && strcmp(l.kind, "POSIX"))
			snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
					 "%s lock on %s: only files and directories carry theirs: "
					 "let the program release it", l.kind, f->link);
}

static int put_one(int fd, const struct crfs_lock *l)
{
	struct flock fl = { .l_type = l->mode == CRFS_LOCK_WRITE ? F_WRLCK : F_RDLCK,
			    .l_start = l->start, .l_len = l->len };

	if (l->kind == CRFS_LOCK_FLOCK)
		return flock(fd, (l->mode == CRFS_LOCK_WRITE ? LOCK_EX : LOCK_SH) | LOCK_NB);
	return fcntl(fd, F_OFD_SETLK, &fl);
}

int locks_put(struct restore *rs, struct iobj *o, int section, int fd)
{
	size_t n, i;
	const struct crfs_lock *l = image_recs(o, o->room, section, &n);

	for (i = 0; i < n; i++)
		if (l[i].kind != CRFS_LOCK_LEASE && put_one(fd, &l[i]) < 0)
			return fail_on(rs->err, -errno, o->path, "taking its %s lock again: "
				       "see /proc/locks for who has one",
				       crfs_lock_kinds[l[i].kind].name);
	return 0;
}

int locks_put_lease(struct rtask *rt, struct iobj *o, int section, struct tape *tape)
{
	size_t n, i;
	const struct crfs_lock *l = image_recs(o, o->room, section, &n);

	for (i = 0; i < n && !o->priv; i++)
		if (l[i].kind == CRFS_LOCK_LEASE) {
			tape_call(tape, "F_SETLEASE", SYS_fcntl, rt->fd, F_SETLEASE,
				  l[i].mode == CRFS_LOCK_WRITE ? F_WRLCK : F_RDLCK);
			o->priv = o;
		}
	return 0;
}

void locks_collect(struct snap *s, const struct file *f, int fd, const char *info,
		   struct posix_lock **list)
{
	struct posix_lock *n, **at;
	struct line l;
	const char *p;

	for_each_lock(info, p) {
		if (!parse(p, &l) || strcmp(l.kind, "POSIX"))
			continue;
		for (at = list; *at; at = &(*at)->next)
			if ((*at)->file == f->id && (*at)->rec.start == l.start)
				break;
		n = *at ? NULL : pool_alloc(&s->scratch, sizeof(*n));
		if (!n)
			continue;
		n->file = f->id;
		n->rec = (struct crfs_posix_lock){ .fd = fd, .mode = mode_of(&l),
						   .start = l.start, .len = l.len };
		*at = n;
	}
}

void locks_read_posix(const struct posix_lock *list, struct text *out)
{
	text_section(out, &crfs_posix_lock_shape);
	for (; list; list = list->next)
		text_rec(out, &crfs_posix_lock_shape, &list->rec);
}

void locks_put_posix(const struct iobj *o, const struct resource *room, int section,
		     struct tape *tape)
{
	size_t n, i;
	const struct crfs_posix_lock *l = image_recs(o, room, section, &n);

	for (i = 0; i < n; i++) {
		struct flock fl = { .l_type = l[i].mode == CRFS_LOCK_WRITE ? F_WRLCK : F_RDLCK,
				    .l_start = l[i].start, .l_len = l[i].len };

		tape_call(tape, "a POSIX lock", SYS_fcntl, l[i].fd, F_SETLK,
			  tape_data(tape, &fl, sizeof(fl)));
	}
}
