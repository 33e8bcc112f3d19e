/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IPC namespace of a container: what is in it. */
#ifndef CRFS_NS_IPC_CODE_H
#define CRFS_NS_IPC_CODE_H

#include "ns.h"

/** ipc_list() - note the objects that are the container's; after its namespaces are known */
int ipc_list(struct snap *s);

#endif
