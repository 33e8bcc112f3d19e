// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A terminal of the number that it had. devpts gives the lowest that is free: who comes by on the way is
 * kept for who wants it, until all have theirs (pty_spares_close()).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "res/inode/pty.h"
#include "rooms.h"

/* struct devpts - a path that masters are opened at, and which instance of devpts they are of then */
struct devpts {
	struct devpts *next;
	uint32_t mnt_ns;
	struct crfs_str ptmx;
	dev_t dev;
};

/* struct spare - a master that nobody has asked for yet */
struct spare {
	struct spare *next;
	dev_t dev;
	unsigned int index;
	int fd;
};

/* struct pty_spares - of one restore */
struct pty_spares {
	struct devpts *places;
	struct spare *first;
};

static bool same(const struct crfs_str *a, const struct crfs_str *b)
{
	return a->len == b->len && !memcmp(a->p, b->p, a->len);
}

/* Return: a master, unlocked, with its number, or a negative errno */
static int open_master(struct restore *rs, const struct devpts *d, unsigned int *index)
{
	int zero = 0, fd = place_open(rs, d->mnt_ns, &d->ptmx, O_RDWR | O_NOCTTY);

	if (fd < 0 || (ioctl(fd, TIOCGPTN, index) == 0 && ioctl(fd, TIOCSPTLCK, &zero) == 0))
		return fd;
	close(fd);
	return -ENOTTY;
}

/* By one that is thrown away: a master whose slave was opened and closed is not as it was. */
static int find_instance(struct restore *rs, struct devpts *d)
{
	struct stat st;
	unsigned int index;
	int fd = open_master(rs, d, &index), slave, rc = -ENOTTY;

	if (fd < 0)
		return fd;
	slave = ioctl(fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave >= 0 && fstat(slave, &st) == 0) {
		d->dev = st.st_dev;
		rc = 0;
	}
	if (slave >= 0)
		close(slave);
	close(fd);
	return rc;
}

static int place_of(struct restore *rs, uint32_t mnt_ns, const struct crfs_str *ptmx,
		    const struct devpts **at)
{
	struct devpts *d;
	char *path;
	int rc;

	for (d = rs->pty_spares->places; d; d = d->next)
		if (d->mnt_ns == mnt_ns && same(&d->ptmx, ptmx)) {
			*at = d;
			return 0;
		}
	d = pool_alloc(&rs->im->pool, sizeof(*d));
	path = pool_alloc(&rs->im->pool, ptmx->len);
	if (!d || !path)
		return -ENOMEM;
	*d = (struct devpts){ .mnt_ns = mnt_ns, .ptmx = { memcpy(path, ptmx->p, ptmx->len), ptmx->len } };
	rc = find_instance(rs, d);
	if (rc)
		return rc;
	d->next = rs->pty_spares->places;
	rs->pty_spares->places = d;
	*at = d;
	return 0;
}

/* @any: the number does not matter */
static int take(struct restore *rs, dev_t dev, unsigned int want, bool any)
{
	struct spare **at, *s;
	int fd;

	for (at = &rs->pty_spares->first; *at; at = &(*at)->next) {
		s = *at;
		if (s->dev != dev || (!any && s->index != want))
			continue;
		fd = s->fd;
		*at = s->next;
		return fd;
	}
	return -EBUSY;
}

static int keep(struct restore *rs, dev_t dev, unsigned int index, int fd)
{
	struct spare *s = pool_alloc(&rs->im->pool, sizeof(*s));

	if (!s) {
		close(fd);
		return -ENOMEM;
	}
	*s = (struct spare){ rs->pty_spares->first, dev, index, fd };
	rs->pty_spares->first = s;
	return 0;
}

int pty_numbered(struct restore *rs, uint32_t mnt_ns, const struct crfs_str *ptmx, unsigned int want,
		 bool any)
{
	const struct devpts *d;
	unsigned int index;
	int fd, rc;

	if (!rs->pty_spares)
		rs->pty_spares = pool_alloc(&rs->im->pool, sizeof(*rs->pty_spares));
	rc = rs->pty_spares ? place_of(rs, mnt_ns, ptmx, &d) : -ENOMEM;
	if (rc)
		return rc;
	fd = take(rs, d->dev, want, false);
	while (fd == -EBUSY) {
		fd = open_master(rs, d, &index);
		if (fd < 0 || index == want || (any && index > want))
			break;
		rc = keep(rs, d->dev, index, fd);
		fd = rc ? rc : -EBUSY;
		if (index > want)	/* it is taken: what is free below was given before */
			break;
	}
	return fd < 0 && any && !rc ? take(rs, d->dev, 0, true) : fd;
}

void pty_spares_close(struct restore *rs)
{
	struct spare *s;

	if (!rs->pty_spares)
		return;
	for (s = rs->pty_spares->first; s; s = s->next)
		close(s->fd);
	rs->pty_spares->first = NULL;
}
