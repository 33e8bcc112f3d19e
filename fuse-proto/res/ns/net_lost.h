/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of links is lost. */
#ifndef CRFS_RES_NS_NET_LOST_H
#define CRFS_RES_NS_NET_LOST_H

#include "snap.h"

/** links_lost() - name it, of all links of the namespace that we are in, ns/net-1 being @obj. Return: 0 or a negative errno */
int links_lost(struct snap *s, const char *obj);

#endif
