/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc says of a task's descriptors: one by one, or many ahead of who wants to know. */
#ifndef CRFS_FILES_ASK_H
#define CRFS_FILES_ASK_H

#include <limits.h>
#include <stddef.h>
#include <sys/stat.h>

/**
 * struct asking - who asks
 * @fds, @infos: the task's directories fd and fdinfo
 * @link, @info, @st: what was said of the last one; @size: room at @info
 */
struct asking {
	int fds, infos;
	char link[PATH_MAX + 16];
	char *info;
	size_t size;
	struct stat st;
};

/** asking_begin() - Return: 0 or -ENOMEM */
int asking_begin(struct asking *q);
void asking_end(struct asking *q);

/** ask_fd() - ask for descriptor @fd. Return: 0 or a negative errno */
int ask_fd(struct asking *q, int fd);

/** struct told - what was said; @rc: or a negative errno instead; @link stands behind @info */
struct told {
	int rc;
	struct stat st;
	char *info, *link;
};

/**
 * ahead_begin() - let a thread ask for the later ones of descriptors @fds, of which there are @n
 * @q: whose directories; @fds stays there until ahead_end()
 * Return: NULL if that is not worth it, or cannot be done
 */
struct ahead *ahead_begin(const struct asking *q, const int *fds, size_t n);

/** ahead_told() - what it was told of @fd, who comes behind all asked for before. Return: NULL: it does not ask for that */
const struct told *ahead_told(struct ahead *a, int fd);

/** ahead_end() - let go of it and of all it was told; it may be NULL */
void ahead_end(struct ahead *a);

#endif
