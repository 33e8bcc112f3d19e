// SPDX-License-Identifier: GPL-2.0-or-later
/* How far it is: on a terminal a line that changes, elsewhere nothing unless it was asked for. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

#define FIRST_MS 500		/* what takes no longer needs no bar */
#define TERMINAL_MS 200
#define LINE_MS 1000
#define BAR 24

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void progress_begin(struct progress *p, bool asked)
{
	bool terminal = isatty(STDERR_FILENO);

	*p = (struct progress){ .on = terminal || asked, .lines = !terminal, .started = now_ms() };
	p->told = p->started + FIRST_MS;
}

static void bar(const struct progress *p)
{
	unsigned int n = p->done < p->total ? p->done * BAR / p->total : BAR;
	char text[BAR + 1];

	memset(text, '.', BAR);
	memset(text, '#', n);
	text[BAR] = '\0';
	fprintf(stderr, "[%s] %3" PRIu64 "%% ", text, p->done < p->total ? p->done * 100 / p->total : 100);
}

static void tell(struct progress *p, uint64_t now)
{
	uint64_t ms = now - p->started ? now - p->started : 1, rate = p->done * 1000 / ms, left;

	fputs(p->lines ? "crtar: " : "\r", stderr);
	if (p->total && !p->lines)
		bar(p);
	fprintf(stderr, "%" PRIu64, p->done >> 20);
	if (p->total)
		fprintf(stderr, " of %" PRIu64, p->total >> 20);
	fprintf(stderr, " MiB, %" PRIu64 " MiB/s", rate >> 20);
	if (p->total > p->done && rate) {
		left = (p->total - p->done) / rate;
		fprintf(stderr, ", %" PRIu64 ":%02" PRIu64 " left", left / 60, left % 60);
	}
	fputs(p->lines ? "\n" : "\033[K", stderr);
	fflush(stderr);
	p->shown = true;
}

void progress_at(struct progress *p, uint64_t done)
{
	uint64_t now;

	p->done = done;
	if (!p->on)
		return;
	now = now_ms();
	if (now < p->told)
		return;
	p->told = now + (p->lines ? LINE_MS : TERMINAL_MS);
	tell(p, now);
}

void progress_end(struct progress *p)
{
	if (p->shown && !p->lines)
		fputs("\r\033[K", stderr);
	p->on = p->shown = false;
}
