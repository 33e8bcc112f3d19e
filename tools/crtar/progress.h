/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far it is: on a terminal a line that changes, elsewhere nothing unless it was asked for. */
#ifndef CRTAR_PROGRESS_H
#define CRTAR_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct progress - bytes done of bytes that there are; zeroed it says nothing
 * @total: 0: nobody knows
 * @lines: a line every second, for logs
 */
struct progress {
	uint64_t total, done, started, told;
	bool on, lines, shown;
};

/** progress_begin() - on standard error, if that is a terminal, or as lines if @asked */
void progress_begin(struct progress *p, bool asked);

/** progress_at() - so far it is now */
void progress_at(struct progress *p, uint64_t done);

/** progress_end() - leave no trace of it on the terminal */
void progress_end(struct progress *p);

#endif
