// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The standard files of an image, for what was declared external as stdin, stdout, stderr and tty.
 *
 * A task opens them anew (crfs.txt, section 2), which is right for a terminal, a pipe and a device.
 * A file would then be at its beginning again, and a socket cannot take a pipe's place: those are
 * copied through a pipe, as long as the image waits.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec_image.h"

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Appends "external=stdin=/proc/PID/fd/FD". */
static void declare(struct exec_stdio *s, int which, int fd)
{
	size_t len = strlen(s->options);

	snprintf(s->options + len, sizeof(s->options) - len, "%sexternal=%s=/proc/%d/fd/%d", len ? "," : "",
		 exec_names[which], getpid(), fd);
}

static int through_pipe(struct exec_stdio *s, int which, struct err *e)
{
	int p[2], own = which == EXEC_STDIN ? 1 : 0;

	if (pipe2(p, O_CLOEXEC) < 0)
		return fail_on(e, -errno, exec_names[which], "make a pipe for it");
	s->held[which] = p[!own];
	s->pump[which].from = own ? which : p[0];
	s->pump[which].to = own ? p[1] : which;
	fcntl(p[own], F_SETFL, O_NONBLOCK);
	declare(s, which, p[!own]);
	return 0;
}

static int take(struct exec_stdio *s, int which, struct err *e)
{
	struct stat st;

	if (fstat(which, &st) < 0)
		return fail_on(e, -errno, exec_names[which], "look at it");
	if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)) {
		declare(s, which, which);
		return 0;
	}
	return through_pipe(s, which, e);
}

static int take_terminal(struct exec_stdio *s, struct err *e)
{
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (isatty(fd)) {
			declare(s, EXEC_TTY, fd);
			return 0;
		}
	return fail_on(e, -ENOTTY, exec_names[EXEC_TTY], "it has one, and none is here: run it on a terminal");
}

int exec_stdio_begin(struct exec_stdio *s, unsigned int wants, struct err *e)
{
	int i, r = 0;

	for (i = 0; i < 3; i++) {
		s->held[i] = s->pump[i].from = s->pump[i].to = -1;
		s->pump[i].at = s->pump[i].len = 0;
	}
	s->options[0] = '\0';
	for (i = 0; i < 3 && !r; i++)
		if (wants & 1U << i)
			r = take(s, i, e);
	if (!r && wants & 1U << EXEC_TTY)
		r = take_terminal(s, e);
	return r;
}

void exec_stdio_started(struct exec_stdio *s)
{
	int i;

	for (i = 0; i < 3; i++)
		shut(&s->held[i]);
}

/* At the end of what is read the other side sees the end, too; so does whoever writes, if nobody reads. */
static void over(struct exec_pump *p)
{
	shut(&p->from);
	shut(&p->to);
}

static void move(struct exec_pump *p)
{
	ssize_t n;

	if (p->at < p->len) {
		n = write(p->to, p->buf + p->at, p->len - p->at);
		if (n > 0)
			p->at += n;
		else if (errno != EAGAIN && errno != EINTR)
			over(p);
		return;
	}
	n = read(p->from, p->buf, sizeof(p->buf));
	p->at = 0;
	p->len = n > 0 ? n : 0;
	if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
		over(p);
}

static bool is_output(const struct exec_stdio *s, const struct exec_pump *p)
{
	return p != &s->pump[EXEC_STDIN];
}

void exec_stdio_wait(struct exec_stdio *s, const sigset_t *mask, bool drain)
{
	static const struct timespec at_once;
	struct pollfd f[3];
	struct exec_pump *p;
	int i, n;

	do {
		for (i = 0; i < 3; i++) {
			p = &s->pump[i];
			f[i].fd = p->at < p->len ? p->to : p->from;
			f[i].events = p->at < p->len ? POLLOUT : POLLIN;
			f[i].revents = 0;
			if (drain && !is_output(s, p))
				f[i].fd = -1;
		}
		n = ppoll(f, 3, drain ? &at_once : NULL, mask);
		for (i = 0; i < 3 && n > 0; i++)
			if (f[i].revents)
				move(&s->pump[i]);
	} while (n > 0);
}
