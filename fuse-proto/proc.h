/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc, read through an O_PATH descriptor of it, whatever is mounted where we happen to be. */
#ifndef CRFS_PROC_H
#define CRFS_PROC_H

#include <stddef.h>
#include <sys/types.h>

/**
 * proc_read() - a whole file of /proc, NUL-terminated
 * @proc: O_PATH of /proc; @fmt: its path below, as "%d/task/%d/stat"
 * @len: its length, may be NULL
 * Return: malloc'ed, or NULL with errno set
 */
char *proc_read(int proc, size_t *len, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** proc_link() - readlink, NUL-terminated, malloc'ed (also the " (deleted)" that the kernel adds) */
char *proc_link(int proc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** proc_open() - openat below it. Return: a descriptor or -errno */
int proc_open(int proc, int flags, const char *fmt, ...) __attribute__((format(printf, 3, 4)));


/**
 * proc_own() - open a file of /proc for ourselves: "self/fd/3", "sys/kernel/pid_max"
 * The controller of a restore stands in the /proc of the mounter (restore.c): what is mounted at /proc
 * may be the container's by then, or nothing.
 * Return: a descriptor or a negative errno
 */
int proc_own(int flags, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
