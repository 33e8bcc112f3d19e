// SPDX-License-Identifier: GPL-2.0-or-later
/* A file that somebody asked for: standard output, or one that gets its name when it is whole. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "outfile.h"

static bool is_stdout(const struct outfile *o)
{
	return !o->name || !strcmp(o->name, "-");
}

int outfile_open(struct outfile *o, struct err *e)
{
	int fd;

	o->f = stdout;
	if (is_stdout(o))
		return 0;
	if (aside_file(&o->aside, o->name, e) < 0)
		return e->code;
	fd = dup(o->aside.fd);
	o->f = fd < 0 ? NULL : fdopen(fd, "w");
	if (o->f)
		return 0;
	fail_on(e, -errno, o->name, "make the file");
	if (fd >= 0)
		close(fd);
	return aside_done(&o->aside, e->code, e);
}

int outfile_done(struct outfile *o, int r, struct err *e)
{
	if (!r && (fflush(o->f) || ferror(o->f)))
		r = fail_on(e, errno ? -errno : -EIO, is_stdout(o) ? "-" : o->name, "write it: make room for it");
	if (is_stdout(o))
		return r;
	if (fclose(o->f) && !r)
		r = fail_on(e, -errno, o->name, "write it: make room for it");
	return aside_done(&o->aside, r, e);
}
