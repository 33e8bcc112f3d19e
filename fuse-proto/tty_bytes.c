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
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "aside.h"
#include "tty_bytes.h"

#define WRITE_WAIT_MS 1000	/* for a kworker, which nobody tells us of */

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

/* In pieces of @step bytes. */
static int write_steps(int fd, const char *p, size_t n, size_t step)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	while (n) {
		ssize_t done = write(fd, p, n < step ? n : step);

		/* The other side's line discipline takes its share by and by. */
		if (done < 0 && errno == EAGAIN && poll(&room, 1, WRITE_WAIT_MS) > 0)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		p += done;
		n -= done;
	}
	return 0;
}

/* Half a line, too, so the slave is without lines for that. */
static void drain(int fd, int slave, const struct tty_settings *t)
{
	struct tty_settings raw = plain(t, false);
	char buf[4096];

	tty_set(slave, &raw);
	while (can(fd, POLLIN) && read(fd, buf, sizeof(buf)) > 0)
		;
	tty_set(slave, t);
}

/*
 * How much fits depends on the pieces that it is written in, as each takes a buffer of its own size
 * (drivers/tty/tty_buffer.c). A pty that was full takes it all again in pieces that fill buffers well.
 * @to: the side to write to; @from: the other; @slave: one of them, which has the settings @t
 */
static int write_fitting(int to, int from, int slave, const struct tty_settings *t, const char *p,
			 size_t n)
{
	static const size_t steps[] = { 1792, 1000, 1024, 256, 1762, 500, 250, 1 };
	int flags = fcntl(to, F_GETFL), rc = -EAGAIN;
	size_t i;

	fcntl(to, F_SETFL, flags | O_NONBLOCK);
	for (i = 0; i < sizeof(steps) / sizeof(*steps) && rc == -EAGAIN; i++) {
		if (i)
			drain(from, slave, t);
		rc = write_steps(to, p, n, steps[i]);
	}
	fcntl(to, F_SETFL, flags);
	return rc;
}

static int put(int to, int from, int slave, const struct tty_settings *t, const char *p, size_t n)
{
	struct tty_settings raw = plain(t, t->lflag & ICANON);
	int rc = tty_set(slave, &raw);

	if (!rc)
		rc = write_fitting(to, from, slave, &raw, p, n);
	/* A poll waits until what was written has gone through the line discipline. */
	can(from, POLLIN);
	return tty_set(slave, t) ?: rc;
}

int tty_put_output(int master, int slave, const struct tty_settings *t, const char *p, size_t n)
{
	return put(slave, master, slave, t, p, n);
}

int tty_put_input(int master, int slave, const struct tty_settings *t, const char *p, size_t n)
{
	return put(master, slave, slave, t, p, n);
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

/* How many of the first @n bytes of input are whole lines? */
static size_t lines(const struct tty_bytes *b, size_t n)
{
	const char *nl = n ? memrchr(b->input, '\n', n < b->nr_input ? n : b->nr_input) : NULL;

	return nl ? nl + 1 - b->input : 0;
}

static int take_input(int slave, const struct tty_settings *t, struct tty_bytes *b)
{
	struct tty_settings raw = plain(t, false);
	size_t canon, here;	/* of what the line discipline has; more may wait before it */
	ssize_t n;
	int rc;

	can(slave, POLLIN);
	canon = pending(slave);
	rc = tty_set(slave, &raw);
	here = pending(slave);
	while (!rc && b->nr_input < TTY_INPUT_MAX) {
		n = read(slave, b->input + b->nr_input, TTY_INPUT_MAX - b->nr_input);
		if (n <= 0)
			break;
		b->nr_input += n;
		can(slave, POLLIN);
	}
	b->marks = (t->lflag & ICANON) && canon != lines(b, here);
	return rc;
}

/*
 * Output that was stopped takes no bytes back, and nothing says that it was: so let it go on, write,
 * and stop it as it was, by TCOOFF or by the character.
 */
static int put_back_stopped(int master, int slave, const struct tty_settings *t, struct tty_bytes *b)
{
	struct tty_settings stops = plain(t, true);
	bool off;
	int rc;

	ioctl(slave, TCXONC, (void *)TCOON);
	off = can(slave, POLLOUT);
	tty_set(slave, &stops);		/* IXON goes, and with it what ^S has stopped */
	rc = tty_put_output(master, slave, &stops, b->output, b->nr_output);
	if (off) {
		ioctl(slave, TCXONC, (void *)TCOOFF);
	} else {
		stops.iflag = IXON;
		stops.cc[VSTOP] = 's';
		tty_set(slave, &stops);
		rc = write_steps(master, "s", 1, 1) ?: rc;
		can(slave, POLLIN);
	}
	return rc ?: -EBUSY;
}

/* Who cannot write to the slave is kept from it by a full buffer, or because output is stopped. */
static int take_and_put_output(int master, int slave, const struct tty_settings *t, struct tty_bytes *b)
{
	bool blocked = !can(slave, POLLOUT);
	int rc = take_output(master, b);

	if (rc)
		return rc;
	if (blocked && !can(slave, POLLOUT))
		return b->nr_output ? put_back_stopped(master, slave, t, b) : -EBUSY;
	return b->nr_output ? tty_put_output(master, slave, t, b->output, b->nr_output) : 0;
}

static int peek(int master, int slave, struct tty_bytes *b)
{
	struct tty_settings t;
	int packet = 0, off = 0, rc = tty_get(slave, &t);

	if (rc || ioctl(master, TIOCGPKT, &packet) < 0)
		return rc ? rc : -errno;
	if (packet)
		ioctl(master, TIOCPKT, &off);
	rc = take_and_put_output(master, slave, &t, b);
	if (!rc && ((t.lflag & ICANON) || pending(slave)))
		rc = take_input(slave, &t, b);
	if (!rc && b->nr_input)
		rc = tty_put_input(master, slave, &t, b->input, b->nr_input);
	tty_set(slave, &t);
	if (packet)
		ioctl(master, TIOCPKT, &packet);
	return rc;
}

/* struct look - of tty_peek(), aside */
struct look {
	int master, slave;
	struct tty_bytes *b;
};

static int look(void *arg)
{
	const struct look *l = arg;

	setsid();
	return peek(l->master, l->slave, l->b);
}

int tty_peek(int master, int slave, struct tty_bytes *b)
{
	struct look l = { master, slave, b };

	return aside(look, &l);
}
