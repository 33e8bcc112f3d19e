/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For children that outlive a call: nothing of their maker's stays open through them. */
#ifndef CRFS_ONLYFDS_H
#define CRFS_ONLYFDS_H

#include <stddef.h>

/** only_fds() - close every descriptor but @keep, which gets sorted. Async-signal-safe */
void only_fds(int *keep, size_t n);

#endif
