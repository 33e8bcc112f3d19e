/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many CPUs this machine may have: by that the kernel sizes things, and not by how many there are. */
#ifndef CRFS_CPUS_H
#define CRFS_CPUS_H

/** cpus_possible() - 1 if it cannot be told */
unsigned int cpus_possible(void);

#endif
