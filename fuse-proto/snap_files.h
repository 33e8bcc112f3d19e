/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What snap_files.c and files_emit.c offer beside snap.h. */
#ifndef CRFS_SNAP_FILES_H
#define CRFS_SNAP_FILES_H

#include "snap.h"

/** files_info() - fdinfo of the descriptor that snap_file() looked at last, until it is called
 * again */
const char *files_info(const struct snap *s, bool *cloexec);

/**
 * files_ahead() - snap_file() will be called for these descriptors of @t, which are ascending, before files_ahead_end()
 * Many are asked for by a thread meanwhile.
 */
void files_ahead(struct snap *s, const struct task *t, const int *fds, size_t n);
void files_ahead_end(struct snap *s);

/**
 * files_find() - the description behind @t's descriptor @fd, if the container has it
 * @t may be a task outside the container
 * Return: the file, or NULL
 */
struct file *files_find(struct snap *s, struct task *t, int fd);

/** files_at() - what snap_file() has found at @t's descriptor @fd, or NULL; asks nobody */
struct file *files_at(struct snap *s, const struct task *t, int fd);

/** files_forget() - @t goes away: a task that was made up for files_find() */
void files_forget(struct snap *s, const struct task *t);

/** files_getfd() - a duplicate of @t's descriptor @fd. Return: a descriptor or a negative errno */
int files_getfd(struct snap *s, struct task *t, int fd);

/**
 * files_keep() - @dup is a duplicate of @f, which its room will want: it stays open till then, if there may be
 * that many; takes over @dup
 */
void files_keep(struct snap *s, struct file *f, int dup);

/**
 * files_flight() - the description behind our own descriptor @fd, which was in flight
 * @carrier: the task that has the socket it was in: its namespaces are where paths are looked up
 * @f: set; (*f)->flight and (*f)->fd == @fd: nobody else had it, and @fd must stay open
 */
int files_flight(struct snap *s, struct task *carrier, int fd, struct file **f);

/** files_free() - let go of what snap_file() keeps; s->files is empty then */
void files_free(struct snap *s);

/** files_leaks() - name what the container's open files share with tasks outside (snap_leaks.c) */
int files_leaks(struct snap *s);

#endif
