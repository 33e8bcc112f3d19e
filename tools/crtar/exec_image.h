/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file that is a program and a checkpoint: crtar itself, then a block of text, then the archive.
 *
 * The block is EXEC_BLOCK bytes of lines "key value", filled up with NULs; the first is EXEC_MAGIC. It
 * begins where the ELF file ends, by its own headers.
 */
#ifndef CRTAR_EXEC_IMAGE_H
#define CRTAR_EXEC_IMAGE_H

#include <stdint.h>
#include <sys/types.h>

#include "crtar.h"

#define EXEC_BLOCK 4096
#define EXEC_MAGIC "crfs-image 1\n"

/* Names of -o external= that an image gives its own standard files, and its terminal, by itself */
enum { EXEC_STDIN, EXEC_STDOUT, EXEC_STDERR, EXEC_TTY, EXEC_NAMES };
extern const char *const exec_names[EXEC_NAMES];

/**
 * struct exec_image - what the block says, and where the archive begins
 * @block: the text; @options points into it, "" if there are none
 * @main: the task whose exit status is the image's
 * @wants: a bit for each of exec_names that the tree knows
 */
struct exec_image {
	char block[EXEC_BLOCK + 1];
	const char *options;
	unsigned int main, wants;
	off_t archive;
};

/** exec_elf_end() - where the ELF file @fd ends, or a negative errno */
off_t exec_elf_end(int fd);

/** exec_find() - is the program that runs an image? */
bool exec_find(struct exec_image *x);

/** exec_run() - what an image does. Return: the exit status, unless it ends by the signal that ended its task */
int exec_run(struct exec_image *x, int argc, char **argv);

/**
 * struct exec_pump - one of the standard files, copied where a task cannot have it itself
 * @from, @to: descriptors, -1: it is over; @at, @len: what is in @buf
 */
struct exec_pump {
	int from, to;
	size_t at, len;
	char buf[64 << 10];
};

/** struct exec_stdio - those of an image; @held: ends that the tasks have, and that we have no longer once they do */
struct exec_stdio {
	struct exec_pump pump[3];
	int held[3];
	char options[512];
};

/** exec_stdio_begin() - say with @s->options what takes the place of the names that are wanted */
int exec_stdio_begin(struct exec_stdio *s, unsigned int wants, struct err *e);
/** exec_stdio_started() - the tasks have theirs */
void exec_stdio_started(struct exec_stdio *s);
/** exec_stdio_wait() - copy until a signal comes that @mask lets through; @drain: only what is there already */
void exec_stdio_wait(struct exec_stdio *s, const sigset_t *mask, bool drain);

#endif
