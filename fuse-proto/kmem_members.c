// SPDX-License-Identifier: GPL-2.0-or-later
/* Where in the kernel's structures that stands which is looked at, as its own types (BTF) tell. */
#include <linux/btf.h>
#include <string.h>

#include "btf.h"
#include "kmem_prog.h"

static const struct { const char *type, *member; } members[NR_KMEMBERS] = {
	[K_TASK_FILES] = { "task_struct", "files" },
	[K_FILES_FDT] = { "files_struct", "fdt" },
	[K_FDT_FD] = { "fdtable", "fd" },
	[K_FILE_PRIVATE] = { "file", "private_data" },
	[K_SOCKET_SK] = { "socket", "sk" },
	[K_SOCKET_STATE] = { "socket", "state" },
	[K_MSK_FIRST] = { "mptcp_sock", "first" },
	[K_ICSK_QUEUE] = { "inet_connection_sock", "icsk_accept_queue" },
	[K_QUEUE_HEAD] = { "request_sock_queue", "rskq_accept_head" },
	[K_REQ_NEXT] = { "request_sock", "dl_next" },
	[K_REQ_SK] = { "request_sock", "sk" },
	[K_SK_RECEIVE] = { "sock", "sk_receive_queue" },
	[K_SKC_STATE] = { "sock_common", "skc_state" },
	[K_SKC_FAMILY] = { "sock_common", "skc_family" },
	[K_SKC_NUM] = { "sock_common", "skc_num" },
	[K_SKC_DPORT] = { "sock_common", "skc_dport" },
	[K_SKC_DADDR] = { "sock_common", "skc_daddr" },
	[K_SKC_RCV_SADDR] = { "sock_common", "skc_rcv_saddr" },
	[K_SKC_V6_DADDR] = { "sock_common", "skc_v6_daddr" },
	[K_SKC_V6_RCV_SADDR] = { "sock_common", "skc_v6_rcv_saddr" },
	[K_SK_SHUTDOWN] = { "sock", "sk_shutdown" },
	[K_TP_RCV_NXT] = { "tcp_sock", "rcv_nxt" },
	[K_TP_COPIED_SEQ] = { "tcp_sock", "copied_seq" },
	[K_TP_SND_NXT] = { "tcp_sock", "snd_nxt" },
	[K_TP_WRITE_SEQ] = { "tcp_sock", "write_seq" },
	[K_TP_SND_WND] = { "tcp_sock", "snd_wnd" },
	[K_TP_URG_DATA] = { "tcp_sock", "urg_data" },
	[K_TP_URG_SEQ] = { "tcp_sock", "urg_seq" },
	[K_TP_SND_UP] = { "tcp_sock", "snd_up" },
	[K_TP_RX_OPT] = { "tcp_sock", "rx_opt" },
	[K_RX_MSS_CLAMP] = { "tcp_options_received", "mss_clamp" },
	[K_RX_TS_RECENT] = { "tcp_options_received", "ts_recent" },
	[K_TP_IS_MPTCP] = { "tcp_sock", "is_mptcp" },
	[K_SKB_LEN] = { "sk_buff", "len" },
	[K_SKB_DATA_LEN] = { "sk_buff", "data_len" },
	[K_SKB_DATA] = { "sk_buff", "data" },
	[K_SKB_HEAD] = { "sk_buff", "head" },
	[K_SKB_END] = { "sk_buff", "end" },
	[K_SKB_CB] = { "sk_buff", "cb" },
	[K_CB_SEQ] = { "tcp_skb_cb", "seq" },
	[K_SHINFO_NR_FRAGS] = { "skb_shared_info", "nr_frags" },
	[K_SHINFO_FRAG_LIST] = { "skb_shared_info", "frag_list" },
	[K_SHINFO_FRAGS] = { "skb_shared_info", "frags" },
	[K_UNIX_PEER] = { "unix_sock", "peer" },
	[K_UNIX_OOB] = { "unix_sock", "oob_skb" },
	[K_UCB_PID] = { "unix_skb_parms", "pid" },
	[K_UCB_UID] = { "unix_skb_parms", "uid" },
	[K_UCB_GID] = { "unix_skb_parms", "gid" },
	[K_UCB_FP] = { "unix_skb_parms", "fp" },
	[K_FPL_COUNT] = { "scm_fp_list", "count" },
	[K_FPL_FP] = { "scm_fp_list", "fp" },
	[K_TASK_PID] = { "task_struct", "thread_pid" },
	[K_PID_LEVEL] = { "pid", "level" },
	[K_PID_NUMBERS] = { "pid", "numbers" },
	[K_REUSEPORT] = { "sock", "sk_reuseport_cb" },
	[K_REUSEPORT_PROG] = { "sock_reuseport", "prog" },
	[K_SKC_NET] = { "sock_common", "skc_net" },
	[K_SKC_REUSE] = { "sock_common", "skc_reuse" },
	[K_SK_FILTER] = { "sock", "sk_filter" },
	[K_SK_ERR] = { "sock", "sk_err" },
	[K_SK_ERRORS] = { "sock", "sk_error_queue" },
	[K_QUEUE_LEN] = { "sk_buff_head", "qlen" },
	[K_SK_SNDBUF] = { "sock", "sk_sndbuf" },
	[K_SK_RCVBUF] = { "sock", "sk_rcvbuf" },
	[K_INET_OPT] = { "inet_sock", "inet_opt" },
	[K_ICSK_CA] = { "inet_connection_sock", "icsk_ca_ops" },
	[K_ICSK_ULP] = { "inet_connection_sock", "icsk_ulp_ops" },
	[K_TP_AO] = { "tcp_sock", "ao_info" },
	[K_TP_SND_UNA] = { "tcp_sock", "snd_una" },
	[K_TP_SND_WL1] = { "tcp_sock", "snd_wl1" },
	[K_TP_MAX_WINDOW] = { "tcp_sock", "max_window" },
	[K_TP_RCV_WND] = { "tcp_sock", "rcv_wnd" },
	[K_TP_RCV_WUP] = { "tcp_sock", "rcv_wup" },
	[K_TP_TSOFFSET] = { "tcp_sock", "tsoffset" },
	[K_INET_TTL] = { "inet_sock", "uc_ttl" },
	[K_INET_INDEX] = { "inet_sock", "uc_index" },
	[K_SK_PACING] = { "sock", "sk_max_pacing_rate" },
	[K_SK_PREFER] = { "sock", "sk_prefer_busy_poll" },
	[K_SK_RESERVED] = { "sock", "sk_reserved_mem" },
	[K_TP_TX_DELAY] = { "tcp_sock", "tcp_tx_delay" },
	[K_SK_PEER_CRED] = { "sock", "sk_peer_cred" },
	[K_SK_TYPE] = { "sock", "sk_type" },
	[K_SK_PROTOCOL] = { "sock", "sk_protocol" },
	[K_FILE_TTY] = { "tty_file_private", "tty" },
	[K_TTY_LINK] = { "tty_struct", "link" },
	[K_TTY_DISC_DATA] = { "tty_struct", "disc_data" },
	[K_NTTY_HEAD] = { "n_tty_data", "read_head" },
	[K_NTTY_TAIL] = { "n_tty_data", "read_tail" },
	[K_FILE_INODE] = { "file", "f_inode" },
	[K_MQ_INODE] = { "mqueue_inode_info", "vfs_inode" },
	[K_MQ_NOTIFY] = { "mqueue_inode_info", "notify" },
	[K_INODE_PRIVATE] = { "inode", "i_private" },
	[K_SK_PEER_PID] = { "sock", "sk_peer_pid" },
	[K_GROUP_EVENTS] = { "fsnotify_group", "notification_list" },
	[K_GROUP_MAX] = { "fsnotify_group", "max_events" },
	[K_GROUP_INOTIFY] = { "fsnotify_group", "inotify_data" },
	[K_INOTIFY_IDR] = { "inotify_group_private_data", "idr" },
	[K_IDR_NEXT] = { "idr", "idr_next" },
	[K_FSE_LIST] = { "fsnotify_event", "list" },
	[K_IEVENT_FSE] = { "inotify_event_info", "fse" },
	[K_IEVENT_MASK] = { "inotify_event_info", "mask" },
	[K_IEVENT_WD] = { "inotify_event_info", "wd" },
	[K_IEVENT_COOKIE] = { "inotify_event_info", "sync_cookie" },
	[K_IEVENT_LEN] = { "inotify_event_info", "name_len" },
	[K_IEVENT_NAME] = { "inotify_event_info", "name" },
	[K_PROC_PID] = { "proc_inode", "pid" },
	[K_PROC_INODE] = { "proc_inode", "vfs_inode" },
	[K_PID_TASKS] = { "pid", "tasks" },
	[K_TASK_LINKS] = { "task_struct", "pid_links" },
	[K_TASK_TID] = { "task_struct", "pid" },
	[K_TASK_RESTART] = { "task_struct", "restart_block" },
	[K_RESTART_ARGS] = { "restart_block", "nanosleep" },
	[K_TASK_CRED] = { "task_struct", "cred" },
	[K_CRED_SESSION] = { "cred", "session_keyring" },
	[K_KEY_DESCRIPTION] = { "key", "description" },
	[K_KEY_KEYS] = { "key", "keys" },
	[K_ARRAY_ROOT] = { "assoc_array", "root" },
	[K_ARRAY_LEAVES] = { "assoc_array", "nr_leaves_on_tree" },
	[K_NODE_SLOTS] = { "assoc_array_node", "slots" },
	[K_RELATION_TRACEE] = { "ptrace_relation", "tracee" },
	[K_RELATION_INVALID] = { "ptrace_relation", "invalid" },
	[K_RELATION_NODE] = { "ptrace_relation", "node" },
	[K_TASK_MM] = { "task_struct", "mm" },
	[K_MM_AIO] = { "mm_struct", "ioctx_table" },
	[K_AIO_NR] = { "kioctx_table", "nr" },
	[K_AIO_TABLE] = { "kioctx_table", "table" },
	[K_AIO_ADDR] = { "kioctx", "user_id" },
	[K_AIO_EVENTS] = { "kioctx", "nr_events" },
	[K_AIO_REQUESTS] = { "kioctx", "max_reqs" },
	[K_AIO_CPU] = { "kioctx", "cpu" },
	[K_AIO_TAIL] = { "kioctx", "tail" },
	[K_AIO_COMPLETED] = { "kioctx", "completed_events" },
	[K_AIO_AVAILABLE] = { "kioctx", "reqs_available" },
	[K_AIO_CPU_AVAILABLE] = { "kioctx_cpu", "reqs_available" },
	[K_ARRAY_PPTRS] = { "bpf_array", "pptrs" },
	[K_UDP_PENDING] = { "udp_sock", "pending" },
	[K_INET_CORK] = { "inet_sock", "cork" },
	[K_INET_PINET6] = { "inet_sock", "pinet6" },
	[K_NP_CORK] = { "ipv6_pinfo", "cork" },
	[K_CORK_FL] = { "inet_cork_full", "fl" },
	[K_CORK_FLAGS] = { "inet_cork", "flags" },
	[K_CORK_LENGTH] = { "inet_cork", "length" },
	[K_CORK_TTL] = { "inet_cork", "ttl" },
	[K_CORK_TOS] = { "inet_cork", "tos" },
	[K_CORK_SEGMENT] = { "inet_cork", "gso_size" },
	[K_CORK_TIME] = { "inet_cork", "transmit_time" },
	[K_FL4_DADDR] = { "flowi4", "daddr" },
	[K_FL4_SADDR] = { "flowi4", "saddr" },
	[K_FL4_PORTS] = { "flowi4", "uli" },
	[K_FL6_DADDR] = { "flowi6", "daddr" },
	[K_FL6_SADDR] = { "flowi6", "saddr" },
	[K_FL6_PORTS] = { "flowi6", "uli" },
	[K_FLOW_OIF] = { "flowi_common", "flowic_oif" },
	[K_FLOW_MARK] = { "flowi_common", "flowic_mark" },
	[K_CORK6_OPT] = { "inet6_cork", "opt" },
	[K_CORK6_HOPS] = { "inet6_cork", "hop_limit" },
	[K_CORK6_TCLASS] = { "inet6_cork", "tclass" },
	[K_SK_WRITE] = { "sock", "sk_write_queue" },
	[K_SKB_TRANSPORT] = { "sk_buff", "transport_header" },
	[K_NLCB_PORT] = { "netlink_skb_parms", "portid" },
	[K_NLCB_GROUP] = { "netlink_skb_parms", "dst_group" },
	[K_UCB_CONSUMED] = { "unix_skb_parms", "consumed" },
	[K_TUN_RING] = { "tun_file", "tx_ring" },
	[K_RING_HEAD] = { "ptr_ring", "consumer_head" },
	[K_RING_SIZE] = { "ptr_ring", "size" },
	[K_RING_QUEUE] = { "ptr_ring", "queue" },
	[K_SKB_PROTOCOL] = { "sk_buff", "protocol" },
	[K_SKB_VLAN_PROTO] = { "sk_buff", "vlan_proto" },
	[K_SKB_VLAN_TCI] = { "sk_buff", "vlan_tci" },
	[K_PACKET_RX] = { "packet_sock", "rx_ring" },
	[K_PACKET_TX] = { "packet_sock", "tx_ring" },
	[K_PRING_HEAD] = { "packet_ring_buffer", "head" },
	[K_PRING_OWNED] = { "packet_ring_buffer", "rx_owner_map" },
	[K_PRING_BLOCKS] = { "packet_ring_buffer", "prb_bdqc" },
	[K_BLOCKS_ACTIVE] = { "tpacket_kbdq_core", "kactive_blk_num" },
	[K_BLOCKS_SEQ] = { "tpacket_kbdq_core", "knxt_seq_num" },
	[K_BLOCKS_WAITS] = { "tpacket_kbdq_core", "reset_pending_on_curr_blk" },
	/* only to find a page of ours in a pipe */
	[K_PIPE_BUFS] = { "pipe_inode_info", "bufs" },
	[K_PIPE_PAGE] = { "pipe_buffer", "page" },
};

/* There are ten thousand structures: most names differ in this. FNV-1a */
static uint32_t hash(const char *name)
{
	uint32_t h = 2166136261;

	while (*name)
		h = (h ^ (uint8_t)*name++) * 16777619;
	return h;
}

void kmem_resolve(const struct btf *b, long at[NR_KMEMBERS], uint64_t *page_size)
{
	uint32_t of[NR_KMEMBERS], h;
	size_t id, i;

	for (i = 0; i < NR_KMEMBERS; i++) {
		at[i] = -1;
		of[i] = hash(members[i].type);
	}
	for (id = 1; id < b->nr; id++) {
		const struct btf_type *t = b->off[id];
		const char *name = b->strings + t->name_off;

		if (BTF_INFO_KIND(t->info) != BTF_KIND_STRUCT || !*name)
			continue;
		if (!strcmp(name, "page"))
			*page_size = t->size;
		h = hash(name);
		for (i = 0; i < NR_KMEMBERS; i++)
			if (of[i] == h && at[i] < 0 && !strcmp(name, members[i].type))
				at[i] = btf_member(b, t, members[i].member);
	}
	if (at[K_TUN_RING] < 0)	/* a module, as a rule */
		at[K_TUN_RING] = btf_module_member(b, "tun", "tun_file", "tx_ring");
}
