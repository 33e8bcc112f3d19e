// SPDX-License-Identifier: GPL-2.0-or-later
/* A file that somebody asked for: standard output, or one that gets its name when it is whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
	if (asprintf(&o->temp, "%s.XXXXXX", o->name) < 0)
		return fail(e, -ENOMEM, "memory for its name");
	fd = mkstemp(o->temp);
	o->f = fd < 0 ? NULL : fdopen(fd, "w");
	if (o->f)
		return 0;
	fail_on(e, -errno, o->name, "make the file");
	free(o->temp);
	return e->code;
}

int outfile_done(struct outfile *o, int r, struct err *e)
{
	if (is_stdout(o))
		return r;
	if (!r && (fflush(o->f) || ferror(o->f)))
		r = fail_on(e, errno ? -errno : -EIO, o->name, "write it: make room for it");
	if (fclose(o->f) && !r)
		r = fail_on(e, -errno, o->name, "write it: make room for it");
	if (!r && rename(o->temp, o->name) < 0)
		r = fail_on(e, -errno, o->name, "give it its name");
	if (r < 0)
		unlink(o->temp);
	free(o->temp);
	return r;
}
