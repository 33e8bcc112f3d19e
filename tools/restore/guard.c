// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guarding, for the kernel filesystem, the connections with the world outside of a container that is looked at.
 *
 *	restore guard nets=N
 *
 * FD_ROOT tells the inode numbers of the container's TCP sockets, a line each. The network namespaces that these are in are
 * N descriptors from FD_NET on, and behind them is the directory of the cgroup. When this has ended, packets are dropped by a
 * process that goes on (tcp_guard.c). If they are not, FD_REPORT gets the reason.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drop.h"
#include "res/fd/tcp_look.h"
#include "restore.h"
#include "snap_files.h"
#include "sock_net.h"

static int take_net(struct snap *s, int fd)
{
	struct sock_net *n = pool_alloc(&s->scratch, sizeof(*n));
	struct stat st;

	if (!n)
		return -ENOMEM;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) || fstat(fd, &st))
		return -errno;
	*n = (struct sock_net){ .ino = st.st_ino, .fd = fd, .next = s->nets };
	s->nets = n;
	return 0;
}

static int take_nets(struct snap *s, struct cgroup *cg, const char *arg)
{
	int n = !strncmp(arg, "nets=", 5) ? atoi(arg + 5) : 0, i, rc = n > 0 ? 0 : -EINVAL;

	for (i = 0; i < n && !rc; i++)
		rc = take_net(s, FD_NET + i);
	if (!rc && fcntl(FD_NET + n, F_SETFD, FD_CLOEXEC))
		rc = -errno;
	cg->dir = FD_NET + n;
	return rc;
}

static int add_file(struct snap *s, unsigned long long ino)
{
	struct file *f = pool_alloc(&s->scratch, sizeof(*f)), **more;

	if (!f)
		return -ENOMEM;
	if (!(s->nr_files & (s->nr_files - 1))) {
		more = realloc(s->files, (2 * s->nr_files + 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		s->files = more;
	}
	*f = (struct file){ .st = { .st_ino = ino, .st_mode = S_IFSOCK } };
	s->files[s->nr_files++] = f;
	return 0;
}

static int take_sockets(struct snap *s)
{
	FILE *in = fdopen(FD_ROOT, "r");
	unsigned long long ino;
	int rc = in ? 0 : -errno;

	while (!rc && fscanf(in, "%llu\n", &ino) == 1)
		rc = add_file(s, ino);
	if (!rc && (ferror(in) || !feof(in)))
		rc = -EIO;
	if (in)
		fclose(in);
	return rc;
}

int guard(int argc, char **argv)
{
	char what[] = "cgroup";
	struct cgroup cg = { .dir = -1, .path = what };
	struct snap s = { .cg = &cg };
	struct err e = { .code = 0 };
	int rc = argc == 3 ? take_nets(&s, &cg, argv[2]) : -EINVAL;

	if (!rc)
		rc = take_sockets(&s);
	if (!rc && drop_capabilities() < 0)
		rc = -EPERM;
	if (!rc)
		rc = tcp_look_guard(&s, &e);
	if (e.code)
		dprintf(FD_REPORT, "%s\n", e.text);
	free(s.files);
	pool_free(&s.scratch);
	return -rc & 0x7f;
}
