// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of rooms: every resource that crfs knows, a line each. */
#include <string.h>

#include "rooms.h"

/*
 * Rows of one scope stand in the order of the tree. Where several rooms put something on the same
 * tape in the same phase, they do it in this order too. Of the descriptors the last row takes what
 * no other does, and refuses it by name. Namespaces are made in this order: mounts show what is in others.
 */
const struct resource *const resources[] = {
	&res_root_header,
	&res_root_cgroup,

	&res_ns_user,
	&res_ns_pid,
	&res_ns_uts,
	&res_ns_ipc,
	&res_ns_time,
	&res_ns_net,
	&res_ns_cgroup,
	&res_ns_mnt,

	&res_task_status,
	&res_task_regs,
	&res_task_wait,
	&res_task_creds,
	&res_task_sched,
	&res_task_attrs,
	&res_task_dispatch,
	&res_task_segments,
	&res_task_breakpoints,
	&res_task_signals,
	&res_task_seccomp,

	&res_task_parent,
	&res_task_limits,
	&res_task_process,
	&res_task_timers,
	&res_task_prctl,
	&res_task_timens,
	&res_task_sigpending,
	&res_task_semundo,

	&res_task_sigactions,
	&res_task_fs,
	&res_fd_fds,

	&res_mm_status,
	&res_mm_maps,
	&res_mm_aio,
	&res_mm_mempolicy,
	&res_mm_ldt,
	&res_mm_flags,
	&res_mm_program,

	&res_inode_pipe,
	&res_inode_tcp_queue,
	&res_inode_ghost,
	&res_inode_ghost_dir,
	&res_inode_memfd,
	&res_inode_shm,
	&res_inode_sysv_shm,
	&res_inode_sysv_sem,
	&res_inode_sysv_msg,
	&res_inode_mqueue,
	&res_inode_pty,
	&res_inode_vdso,
	&res_inode_unix_queue,
	&res_inode_datagrams,
	&res_inode_filter,
	&res_inode_packet_header,
	&res_inode_corked,
	&res_inode_packet_ring,
	&res_inode_uring,
	&res_inode_tmpfs,
	&res_inode_bpf_map,

	&res_fd_external,
	&res_fd_procfs,
	&res_fd_regular,
	&res_fd_unlinked,
	&res_fd_dir,
	&res_fd_opath,
	&res_fd_chardev,
	&res_fd_pipe,
	&res_fd_fifo,
	&res_fd_eventfd,
	&res_fd_epoll,
	&res_fd_timerfd,
	&res_fd_signalfd,
	&res_fd_inotify,
	&res_fd_fanotify,
	&res_fd_memfd,
	&res_fd_mqueue,
	&res_fd_pidfd,
	&res_fd_ptm,
	&res_fd_pts,
	&res_fd_hungup,
	&res_fd_listener,
	&res_fd_tcp,
	&res_fd_unix_listener,
	&res_fd_unix,
	&res_fd_nsfd,
	&res_fd_udp,
	&res_fd_raw,
	&res_fd_ping,
	&res_fd_packet,
	&res_fd_netlink,
	&res_fd_tun,
	&res_fd_bpf_map,
	&res_fd_uring,
	&res_fd_unknown,

	NULL,
};

const struct resource *resource_find(enum scope scope, const char *name, size_t len)
{
	const struct resource *const *r;

	for (r = resources; *r; r++)
		if ((*r)->scope == scope && strlen((*r)->name) == len && !memcmp((*r)->name, name, len))
			return *r;
	return NULL;
}
