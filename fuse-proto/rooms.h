/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every room there is, by name; what they do is in their files, when they act is in table.c. */
#ifndef CRFS_ROOMS_H
#define CRFS_ROOMS_H

#include "resource.h"

extern const struct resource res_root_header, res_root_cgroup;
extern const struct resource res_task_status, res_task_parent, res_task_regs, res_task_wait;
extern const struct resource res_task_creds, res_task_limits, res_task_sched, res_task_attrs;
extern const struct resource res_task_process, res_task_sigactions, res_task_signals;
extern const struct resource res_task_sigpending, res_task_timers, res_task_seccomp, res_task_fs;
extern const struct resource res_task_semundo, res_task_prctl, res_task_dispatch;
extern const struct resource res_task_timens, res_task_segments, res_task_breakpoints, res_mm_ldt;
extern const struct resource res_ns_pid, res_ns_mnt, res_ns_uts, res_ns_ipc;
extern const struct resource res_ns_time, res_ns_net, res_ns_cgroup, res_ns_user;
extern const struct resource res_fd_fds, res_fd_regular, res_fd_dir, res_fd_opath, res_fd_unlinked;
extern const struct resource res_fd_chardev, res_fd_pipe, res_fd_fifo, res_fd_eventfd;
extern const struct resource res_fd_timerfd, res_fd_signalfd, res_fd_pidfd, res_fd_memfd;
extern const struct resource res_fd_epoll, res_fd_inotify, res_fd_ptm, res_fd_pts, res_fd_listener;
extern const struct resource res_fd_tcp, res_inode_tcp_queue;
extern const struct resource res_fd_unix_listener, res_fd_unix, res_fd_hungup, res_fd_unknown, res_inode_pty;
extern const struct resource res_inode_ghost, res_inode_ghost_dir, res_inode_pipe;
extern const struct resource res_mm_status, res_mm_maps, res_mm_aio, res_mm_mempolicy, res_mm_flags,
	res_mm_program;
extern const struct resource res_inode_memfd, res_inode_shm, res_inode_vdso, res_inode_unix_queue;
extern const struct resource res_fd_udp, res_fd_raw, res_fd_ping, res_fd_packet, res_fd_netlink;
extern const struct resource res_fd_procfs, res_fd_nsfd, res_fd_fanotify, res_inode_datagrams, res_inode_filter;
extern const struct resource res_fd_bpf_map, res_inode_bpf_map, res_fd_tun, res_fd_uring;
extern const struct resource res_inode_packet_header, res_inode_corked, res_inode_packet_ring, res_inode_uring;
extern const struct resource res_inode_tmpfs, res_fd_external;
extern const struct resource res_fd_mqueue, res_inode_mqueue;
extern const struct resource res_inode_sysv_shm, res_inode_sysv_sem, res_inode_sysv_msg;

#endif
