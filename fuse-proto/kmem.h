/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking into the kernel's memory: for what no system call tells. */
#ifndef CRFS_KMEM_H
#define CRFS_KMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The members that are looked at, by what BTF calls them; kmem.c has the same order. */
enum kmember {
	K_TASK_FILES, K_FILES_FDT, K_FDT_FD, K_FILE_PRIVATE, K_SOCKET_SK, K_SOCKET_STATE, K_MSK_FIRST,
	K_ICSK_QUEUE, K_QUEUE_HEAD, K_REQ_NEXT, K_REQ_SK,
	K_SK_RECEIVE, K_SKC_STATE, K_SKC_FAMILY, K_SKC_NUM, K_SKC_DPORT, K_SKC_DADDR, K_SKC_RCV_SADDR,
	K_SKC_V6_DADDR, K_SKC_V6_RCV_SADDR, K_SK_SHUTDOWN,
	K_TP_RCV_NXT, K_TP_COPIED_SEQ, K_TP_SND_NXT, K_TP_WRITE_SEQ, K_TP_SND_WND, K_TP_URG_DATA,
	K_TP_URG_SEQ, K_TP_SND_UP, K_TP_RX_OPT, K_RX_MSS_CLAMP, K_RX_TS_RECENT, K_TP_IS_MPTCP,
	K_SKB_LEN, K_SKB_DATA_LEN, K_SKB_DATA, K_SKB_HEAD, K_SKB_END, K_SKB_CB,
	K_CB_SEQ, K_SHINFO_NR_FRAGS, K_SHINFO_FRAG_LIST, K_SHINFO_FRAGS,
	K_UNIX_PEER, K_UNIX_OOB, K_UCB_PID, K_UCB_UID, K_UCB_GID, K_UCB_FP, K_FPL_COUNT, K_FPL_FP,
	K_TASK_PID, K_PID_LEVEL, K_PID_NUMBERS,
	K_REUSEPORT, K_REUSEPORT_PROG,
	K_SKC_NET, K_SKC_REUSE, K_SK_FILTER, K_SK_ERR, K_SK_ERRORS, K_QUEUE_LEN, K_SK_SNDBUF, K_SK_RCVBUF,
	K_INET_OPT, K_ICSK_CA, K_ICSK_ULP, K_TP_AO, K_TP_MD5, K_MD5_HEAD, K_TP_SND_UNA, K_TP_SND_WL1, K_TP_MAX_WINDOW,
	K_TP_RCV_WND, K_TP_RCV_WUP, K_TP_TSOFFSET,
	K_INET_TTL, K_INET_INDEX, K_SK_PACING, K_SK_PREFER, K_SK_RESERVED, K_TP_TX_DELAY, K_SK_PEER_CRED,
	K_SK_TYPE, K_SK_PROTOCOL,
	K_FILE_TTY, K_TTY_LINK, K_TTY_DISC_DATA, K_NTTY_HEAD, K_NTTY_TAIL,
	K_FILE_INODE, K_MQ_INODE, K_MQ_NOTIFY, K_INODE_PRIVATE, K_SK_PEER_PID,
	K_GROUP_EVENTS, K_GROUP_MAX, K_GROUP_INOTIFY, K_INOTIFY_IDR, K_IDR_NEXT, K_FSE_LIST,
	K_IEVENT_FSE, K_IEVENT_MASK, K_IEVENT_WD, K_IEVENT_COOKIE, K_IEVENT_LEN, K_IEVENT_NAME,
	K_PROC_PID, K_PROC_INODE, K_PID_TASKS, K_TASK_LINKS, K_TASK_TID, K_TASK_RESTART, K_RESTART_ARGS,
	K_TASK_SIGNAL, K_SIGNAL_TIMERS, K_ITIMER_LIST, K_ITIMER_ID, K_ITIMER_UNION, K_CPU_TIMER_PID,
	K_TASK_CRED, K_CRED_SESSION, K_KEY_DESCRIPTION, K_KEY_KEYS, K_ARRAY_ROOT,
	K_ARRAY_LEAVES, K_NODE_SLOTS, K_SHORTCUT_NEXT, K_CRED_USER_NS, K_USER_NS_KEYS, K_USER_NS_PERSISTENT, K_RELATION_TRACEE, K_RELATION_INVALID, K_RELATION_NODE,
	K_TASK_MM, K_MM_AIO, K_AIO_NR, K_AIO_TABLE, K_AIO_ADDR, K_AIO_EVENTS, K_AIO_REQUESTS, K_AIO_CPU, K_AIO_TAIL,
	K_AIO_COMPLETED, K_AIO_AVAILABLE, K_AIO_CPU_AVAILABLE, K_ARRAY_PPTRS,
	K_UDP_PENDING, K_INET_CORK, K_INET_PINET6, K_NP_CORK, K_CORK_FL, K_CORK_FLAGS, K_CORK_LENGTH, K_CORK_TTL,
	K_CORK_TOS, K_CORK_SEGMENT, K_CORK_TIME, K_FL4_DADDR, K_FL4_SADDR, K_FL4_PORTS, K_FL6_DADDR, K_FL6_SADDR,
	K_FL6_PORTS, K_FLOW_OIF, K_FLOW_MARK, K_CORK6_OPT, K_CORK6_HOPS, K_CORK6_TCLASS, K_SK_WRITE, K_SKB_TRANSPORT,
	K_NLCB_PORT, K_NLCB_GROUP, K_UCB_CONSUMED,
	K_TUN_RING, K_RING_HEAD, K_RING_SIZE, K_RING_QUEUE, K_SKB_PROTOCOL, K_SKB_VLAN_PROTO, K_SKB_VLAN_TCI,
	K_PACKET_RX, K_PACKET_TX, K_PRING_HEAD, K_PRING_OWNED, K_PRING_BLOCKS, K_BLOCKS_ACTIVE, K_BLOCKS_SEQ, K_BLOCKS_WAITS,
	K_PIPE_BUFS, K_PIPE_PAGE,
	K_TASK_URING, K_TCTX_AHEAD, K_TCTX_INFLIGHT, K_COUNTER_COUNT, K_COUNTER_CPUS, K_URING_FLAGS, K_URING_EVENTFD,
	K_URING_PERSONALITIES, K_URING_BUFFERS, K_URING_FIRST_BUFFERS, K_URING_LIMITS, K_URING_RESTRICTIONS, K_RESTRICTION_ON,
	K_XARRAY_HEAD, K_URING_REGION, K_URING_CLOCK,
	K_SK_ZCKEY, K_SK_TSKEY,
	K_SKB_SK, K_UNIX_ADDR, K_UADDR_LEN, K_UADDR_NAME, K_CRED_EUID, K_CRED_EGID, K_CRED_GROUPS, K_GROUPS_NR, K_GROUPS_GID,
	NR_KMEMBERS,
};

/**
 * struct kmem - a way to read it
 * @at: offsets of members, -1: this kernel has no such member
 * @page_size: of struct page; @direct, @pages: where the kernel has all memory, and the array of its pages
 * @files: our own descriptor table, once asked for
 * @map, @prog, @room: a BPF program that reads, and what it shares with us
 */
struct kmem {
	long at[NR_KMEMBERS];
	uint64_t page_size, direct, pages, files;
	int map, prog;
	struct kroom *room;
};

/**
 * kmem_open() - needs BTF, CAP_BPF and CAP_PERFMON, and a kernel that is not locked down
 * Return: 0 or a negative errno, and there is nothing to close
 */
int kmem_open(struct kmem *k);
void kmem_close(struct kmem *k);

/** kmem_read() - @len bytes at @addr. Return: 0 or a negative errno: nothing is there */
int kmem_read(struct kmem *k, uint64_t addr, void *buf, size_t len);

/** kmem_get() - the member of the object at @addr, @len bytes. Return: 0 or a negative errno */
int kmem_get(struct kmem *k, uint64_t addr, enum kmember m, void *buf, size_t len);

#define KMEM_HOPS 6

/**
 * kmem_follow() - from @addr, over @n pointers, each at the offset @hop[i] of what the last one leads to
 * @addr: becomes where that ends; @buf: @len bytes that stand there, at most 4096
 * Return: 0 or a negative errno
 */
int kmem_follow(struct kmem *k, uint64_t *addr, const uint64_t *hop, size_t n, void *buf, size_t len);

/** kmem_percpu() - what makes an address of what every CPU has for itself that of @cpu. 5.19. -ENOENT: no such CPU */
int kmem_percpu(struct kmem *k, unsigned int cpu, uint64_t *offset);

/** kmem_symbol() - where the kernel has @name. Linux 5.16, CAP_SYSLOG. Return: 0 or a negative errno */
int kmem_symbol(struct kmem *k, const char *name, uint64_t *addr);

/** kmem_task() - the struct task_struct of the caller */
uint64_t kmem_task(struct kmem *k);

/** kmem_file() - the struct file behind our descriptor. Return: 0 or a negative errno */
int kmem_file(struct kmem *k, int fd, uint64_t *file);

/** kmem_socket() - the struct sock behind our descriptor. Return: 0 or a negative errno */
int kmem_socket(struct kmem *k, int fd, uint64_t *sk);

/** kmem_socket_read() - its first @len bytes, too; at most 4096 */
int kmem_socket_read(struct kmem *k, int fd, uint64_t *sk, void *buf, size_t len);

/** kmem_skb() - @len bytes from @from of the buffer @skb into @buf. Return: 0 or a negative errno */
int kmem_skb(struct kmem *k, uint64_t skb, uint32_t from, char *buf, uint32_t len);

#endif
