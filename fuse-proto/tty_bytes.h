/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes on their way through a pseudoterminal, taken out and put in. */
#ifndef CRFS_TTY_BYTES_H
#define CRFS_TTY_BYTES_H

#include <stdbool.h>
#include <stddef.h>

/* More than fits: some 22 KiB (drivers/tty/pty.c sets the limit) */
#define TTY_INPUT_MAX (128 * 1024)
#define TTY_OUTPUT_MAX (128 * 1024)

/* The kernel's struct termios2, which libc's <termios.h> does not know. */
struct tty_settings {
	unsigned int iflag, oflag, cflag, lflag;
	unsigned char line, cc[19];
	unsigned int ispeed, ospeed;
};

int tty_get(int fd, struct tty_settings *t);
int tty_set(int fd, const struct tty_settings *t);

/**
 * struct tty_bytes - what was in it
 * @marks: input held ends that are no newline: an end-of-file that was typed, say
 */
struct tty_bytes {
	size_t nr_input, nr_output;
	bool marks;
	char input[TTY_INPUT_MAX];
	char output[TTY_OUTPUT_MAX];
};

/**
 * tty_peek() - read what is in the pty, and put it back
 * @master: its master; @slave: the slave, opened by ourselves with O_NONBLOCK
 *
 * Nobody may use the pty meanwhile. It is done by a child that no signal to us reaches, so that it
 * is not left undone. Return: 0, or a negative errno: -EBUSY if its output is stopped
 */
int tty_peek(int master, int slave, struct tty_bytes *b);

/**
 * tty_put_output() - let @master, which has none, find these bytes. tty_put_input() - let @slave
 * Both leave @t set.
 */
int tty_put_output(int master, int slave, const struct tty_settings *t, const char *p, size_t n);
int tty_put_input(int master, int slave, const struct tty_settings *t, const char *p, size_t n);

#endif
