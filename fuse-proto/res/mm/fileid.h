/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a file is known again: its build-id when it is a program, else size and time. */
#ifndef CRFS_RES_MM_FILEID_H
#define CRFS_RES_MM_FILEID_H

#include <stdint.h>
#include <sys/stat.h>

#define BUILD_ID_MAX 32

/** struct fileid - @build_id: hex, "" when it has none; @mode: the type */
struct fileid {
	char build_id[2 * BUILD_ID_MAX + 1];
	uint64_t size;
	int64_t mtime;
	uint32_t mtime_nsec;
	mode_t mode;
};

/** fileid_get() - of an open file, also one that is only O_PATH. Return: 0 or a negative errno */
int fileid_get(int fd, struct fileid *id);

#endif
