/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IPC namespace of a container: what is in it. */
#ifndef CRFS_NS_IPC_CODE_H
#define CRFS_NS_IPC_CODE_H

#include "ns.h"

/** struct ipc_device - where the POSIX queues of ns/ipc-<@ns> are */
struct ipc_device {
	dev_t dev;
	unsigned int ns;
	struct ipc_device *next;
};

/** ipc_of_device() - whose queues are there: ns/ipc-<@ns> */
bool ipc_of_device(const struct snap *s, dev_t dev, unsigned int *ns);

/** ipc_list() - note the objects that are the container's; after its namespaces are known */
int ipc_list(struct snap *s);

#endif
