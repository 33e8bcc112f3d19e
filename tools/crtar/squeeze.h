/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stream compressed with zstd in frames, by several threads; with a seek table, if asked for. */
#ifndef CRTAR_SQUEEZE_H
#define CRTAR_SQUEEZE_H

#include <pthread.h>

#include "crtar.h"

#define SQUEEZE_FRAME ((2 << 20) + 4096)	/* an extent with its header */
#define SQUEEZE_THREADS 16

/* The seek table: zstd's contrib/seekable_format/zstd_seekable_compression_format.md */
#define SEEK_FRAME_MAGIC 0x184d2a5e
#define SEEK_TABLE_MAGIC 0x8f92eab1
#define SEEK_CHECKSUMS 0x80
#define SEEK_RESERVED 0x7c
#define SEEK_FOOTER 9

/** struct bale - a frame: @len bytes at @in, which are @size bytes at @out when they are compressed */
struct bale {
	char *in, *out;
	size_t len, size;
	enum { BALE_FREE, BALE_WAITS, BALE_BUSY, BALE_DONE } state;
	int error;
};

/**
 * struct squeeze - the threads and their frames
 * @level: as libarchive takes it, NULL: the usual
 * @write: where the stream goes, with @arg
 * @bale, @nr: @filled is the one being filled, from @written on they are not written yet
 * @table, @frames, @room: sizes of the frames, compressed and not
 */
struct squeeze {
	const char *level;
	int (*write)(void *arg, const void *buf, size_t size);
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct bale bale[2 * SQUEEZE_THREADS];
	unsigned int nr;
	unsigned long filled, written;
	uint32_t (*table)[2];
	size_t frames, room;
	pthread_t thread[SQUEEZE_THREADS];
	int threads;
	bool stop;
};

/** squeeze_start() - begin with @threads. Return: 0 or a negative errno */
int squeeze_start(struct squeeze *q, int threads);
/** squeeze_add() - more of the stream. squeeze_cut() - a frame ends here. Return: as above */
int squeeze_add(struct squeeze *q, const char *buf, size_t len);
int squeeze_cut(struct squeeze *q);
/** squeeze_end() - write all that is left; @table: and the seek table. Return: as above */
int squeeze_end(struct squeeze *q, bool table);
/** squeeze_stop() - end the threads, wherever they are */
void squeeze_stop(struct squeeze *q);

#endif
