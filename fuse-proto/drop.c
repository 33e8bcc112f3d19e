// SPDX-License-Identifier: GPL-2.0-or-later
/* Privileges that the daemon does not need. */
#include <errno.h>
#include <sys/capability.h>

#include "drop.h"

/* Each with what would be refused without it. */
static const cap_value_t needed[] = {
	CAP_BPF,		/* what waits in listeners and inotify: kmem.c */
	CAP_CHECKPOINT_RESTORE,	/* set_tid, /proc/pid/map_files, ns_last_pid */
	CAP_CHOWN,		/* ghosts of unlinked files */
	CAP_DAC_OVERRIDE,	/* files of the container's users */
	CAP_DAC_READ_SEARCH,
	CAP_FOWNER,
	CAP_FSETID,
	CAP_IPC_LOCK,		/* mlock, hugetlb */
	CAP_IPC_OWNER,		/* SysV objects */
	CAP_KILL,
	CAP_LEASE,
	CAP_MKNOD,
	CAP_NET_ADMIN,		/* TCP_REPAIR, SO_MARK */
	CAP_NET_BIND_SERVICE,
	CAP_NET_BROADCAST,	/* NETLINK_LISTEN_ALL_NSID */
	CAP_NET_RAW,
	CAP_SETFCAP,		/* user namespaces that have root's id */
	CAP_PERFMON,		/* as CAP_BPF */
	CAP_SETGID,
	CAP_SETPCAP,		/* bounding set, securebits */
	CAP_SETUID,
	CAP_SYS_ADMIN,		/* namespaces, mounts, seccomp filters, passthrough */
	CAP_SYS_CHROOT,
	CAP_SYS_NICE,		/* scheduling, affinity, NUMA */
	CAP_SYS_PTRACE,
	CAP_SYS_RAWIO,		/* mappings below vm.mmap_min_addr */
	CAP_SYS_RESOURCE,	/* rlimits, pipe sizes, PR_SET_MM */
	CAP_SYSLOG,		/* where the kernel has what: kmem_symbol() */
	CAP_SYS_TIME,		/* time namespaces */
	CAP_SYS_TTY_CONFIG,	/* vhangup, controlling terminals */
	CAP_WAKE_ALARM,		/* CLOCK_*_ALARM timers */
	CAP_BLOCK_SUSPEND,	/* EPOLLWAKEUP */
};

int drop_capabilities(void)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t has;
	unsigned int i;
	int r = caps ? cap_clear_flag(caps, CAP_EFFECTIVE) : -1;

	for (i = 0; !r && i < sizeof(needed) / sizeof(needed[0]); i++) {
		/* a kernel that does not know it, or a user who does not have it */
		if (cap_get_flag(caps, needed[i], CAP_PERMITTED, &has) || has != CAP_SET)
			continue;
		r = cap_set_flag(caps, CAP_EFFECTIVE, 1, &needed[i], CAP_SET);
	}
	if (!r)
		r = cap_set_proc(caps);
	r = r ? -errno : 0;
	cap_free(caps);
	return r;
}
