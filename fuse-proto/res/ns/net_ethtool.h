/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ethtool(8) has set of the links of a network namespace. */
#ifndef CRFS_NS_NET_ETHTOOL_H
#define CRFS_NS_NET_ETHTOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "snap.h"

#define ETHTOOL_BLOCKS 4	/* of 32 features each; there are 62 features in Linux 6.18 */
#define ETHTOOL_SIZES 7

/** struct ethtool - of one link: features that are asked for, channels, and the sizes that RTM_GETLINK tells */
struct ethtool {
	uint32_t features[ETHTOOL_BLOCKS], channels[4], sizes[ETHTOOL_SIZES];
};

/** struct ethtool_fresh - of a new lo, and of a new veth if the namespace has one (@veths of them) */
struct ethtool_fresh {
	unsigned int veths;
	struct ethtool lo, veth;
};

/** ethtool_count() - in the namespace that is looked at: has it veths? */
int ethtool_count(struct ethtool_fresh *f);

/** ethtool_learn() - in a new namespace, which may become less new by that */
int ethtool_learn(struct ethtool_fresh *f);

/** ethtool_name() - in the namespace that is looked at: name the losses of @obj. Return: 0 or a negative errno */
int ethtool_name(struct snap *s, const char *obj, const struct ethtool_fresh *f);

#endif
