// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes on their way through a pseudoterminal, taken out and put in.
 *
 * No call shows them without taking them. So they are read, with the line discipline off, and
 * written again from the other side, with nothing in the settings that would change them. See
 * n_tty_set_termios() for what toggling ICANON does to lines that are waiting.
 */
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tty_bytes.h"

int ioctl(int fd, unsigned long request, ...);	/* <sys/ioctl.h> has another struct termios */

_Static_assert(sizeof(struct tty_settings) == sizeof(struct termios2), "struct termios2");

int tty_get(int fd, struct tty_settings *t)
{
	return ioctl(fd, TCGETS2, t) < 0 ? -errno : 0;
}

int tty_set(int fd, const struct tty_settings *t)
{
	return ioctl(fd, TCSETS2, t) < 0 ? -errno : 0;
}

/* What passes everything as it is; a newline ends a line if @canon. */
static struct tty_settings plain(const struct tty_settings *t, bool canon)
{
	struct tty_settings p = *t;

	p.iflag = 0;
	p.oflag = 0;
	p.lflag = canon ? ICANON : 0;
	memset(p.cc, 0, sizeof(p.cc));
	if (!canon)
		p.cc[VMIN] = 1;
	return p;
}

static bool can(int fd, short what)
{
	struct pollfd p = { .fd = fd, .events = what };

	return poll(&p, 1, 0) > 0 && (p.revents & what);
}

static int pending(int fd)
{
	int n = 0;

	return ioctl(fd, FIONREAD, &n) < 0 ? 0 : n;
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		p += done;
		n -= done;
	}
	return 0;
}

int tty_put_output(int slave, const struct tty_settings *t, const char *p, size_t n)
{
	struct tty_settings raw = plain(t, t->lflag & ICANON);
	int rc = tty_set(slave, &raw);

	if (!rc)
		rc = write_all(slave, p, n);
	return tty_set(slave, t) ?: rc;
}

/* A poll of the slave waits until what was written has gone through the line discipline. */
int tty_put_input(int master, int slave, const struct tty_settings *t, const char *p, size_t n)
{
	struct tty_settings raw = plain(t, t->lflag & ICANON);
	int rc = tty_set(slave, &raw);

	if (!rc)
		rc = write_all(master, p, n);
	can(slave, POLLIN);
	return tty_set(slave, t) ?: rc;
}

static int take_output(int master, struct tty_bytes *b)
{
	ssize_t n;

	/* What the master's line discipline had no room for follows when there is some. */
	while (can(master, POLLIN) && pending(master) && b->nr_output < TTY_OUTPUT_MAX) {
		n = read(master, b->output + b->nr_output, TTY_OUTPUT_MAX - b->nr_output);
		if (n <= 0)
			return n < 0 ? -errno : 0;
		b->nr_output += n;
	}
	return 0;
}

static size_t lines(const struct tty_bytes *b)
{
	const char *nl = b->nr_input ? memrchr(b->input, '\n', b->nr_input) : NULL;

	return nl ? nl + 1 - b->input : 0;
}

static int take_input(int slave, const struct tty_settings *t, struct tty_bytes *b)
{
	struct tty_settings raw = plain(t, false);
	size_t canon;
	ssize_t n;
	int rc;

	can(slave, POLLIN);
	canon = pending(slave);
	rc = tty_set(slave, &raw);
	while (!rc && b->nr_input < TTY_INPUT_MAX) {
		n = read(slave, b->input + b->nr_input, TTY_INPUT_MAX - b->nr_input);
		if (n <= 0)
			break;
		b->nr_input += n;
		can(slave, POLLIN);
	}
	b->marks = (t->lflag & ICANON) && canon != lines(b);
	return rc;
}

static int peek(int master, int slave, struct tty_bytes *b)
{
	struct tty_settings t;
	int packet = 0, off = 0, rc = tty_get(slave, &t);

	if (rc || ioctl(master, TIOCGPKT, &packet) < 0)
		return rc ? rc : -errno;
	if (pending(master) && !can(slave, POLLOUT))
		return -EBUSY;
	if (packet)
		ioctl(master, TIOCPKT, &off);
	rc = take_output(master, b);
	if (!rc && b->nr_output)
		rc = tty_put_output(slave, &t, b->output, b->nr_output);
	if (!rc && ((t.lflag & ICANON) || pending(slave)))
		rc = take_input(slave, &t, b);
	if (!rc && b->nr_input)
		rc = tty_put_input(master, slave, &t, b->input, b->nr_input);
	tty_set(slave, &t);
	if (packet)
		ioctl(master, TIOCPKT, &packet);
	return rc;
}

int tty_peek(int master, int slave, struct tty_bytes *b)
{
	struct tty_bytes *shared = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0;
	sigset_t all;
	pid_t pid;

	if (shared == MAP_FAILED)
		return -errno;
	pid = fork();
	if (!pid) {
		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		setsid();
		_exit(-peek(master, slave, shared));
	}
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	*b = *shared;
	munmap(shared, sizeof(*b));
	if (pid < 0)
		return -EAGAIN;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}
