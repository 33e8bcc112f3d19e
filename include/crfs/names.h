/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Names that several looks share: signals and masks of them, capabilities, clocks, scheduling. */
#ifndef CRFS_NAMES_H
#define CRFS_NAMES_H

#include <crfs/shape.h>

#define CRFS_NAMES(var) \
	static const struct crfs_name var[] __attribute__((unused))

/* Real-time signals have no names of their own here: libc moves SIGRTMIN. Their numbers stand. */
#define CRFS_EACH_SIGNAL(X) \
	X(1, "SIGHUP") X(2, "SIGINT") X(3, "SIGQUIT") X(4, "SIGILL") X(5, "SIGTRAP") \
	X(6, "SIGABRT") X(7, "SIGBUS") X(8, "SIGFPE") X(9, "SIGKILL") X(10, "SIGUSR1") \
	X(11, "SIGSEGV") X(12, "SIGUSR2") X(13, "SIGPIPE") X(14, "SIGALRM") X(15, "SIGTERM") \
	X(16, "SIGSTKFLT") X(17, "SIGCHLD") X(18, "SIGCONT") X(19, "SIGSTOP") X(20, "SIGTSTP") \
	X(21, "SIGTTIN") X(22, "SIGTTOU") X(23, "SIGURG") X(24, "SIGXCPU") X(25, "SIGXFSZ") \
	X(26, "SIGVTALRM") X(27, "SIGPROF") X(28, "SIGWINCH") X(29, "SIGIO") X(30, "SIGPWR") \
	X(31, "SIGSYS")

#define CRFS_SIGNAL_NUMBER(n, name) { n, name },
#define CRFS_SIGNAL_BIT(n, name) { 1ULL << ((n) - 1), name },

CRFS_NAMES(crfs_signal_names) = { CRFS_EACH_SIGNAL(CRFS_SIGNAL_NUMBER) { 0, NULL } };
/* bit n - 1 is signal n, as in sigset_t */
CRFS_NAMES(crfs_sigmask_names) = { CRFS_EACH_SIGNAL(CRFS_SIGNAL_BIT) { 0, NULL } };

#define CRFS_CAP(n, name) { 1ULL << (n), name }
CRFS_NAMES(crfs_cap_names) = {
	CRFS_CAP(0, "CAP_CHOWN"),
	CRFS_CAP(1, "CAP_DAC_OVERRIDE"),
	CRFS_CAP(2, "CAP_DAC_READ_SEARCH"),
	CRFS_CAP(3, "CAP_FOWNER"),
	CRFS_CAP(4, "CAP_FSETID"),
	CRFS_CAP(5, "CAP_KILL"),
	CRFS_CAP(6, "CAP_SETGID"),
	CRFS_CAP(7, "CAP_SETUID"),
	CRFS_CAP(8, "CAP_SETPCAP"),
	CRFS_CAP(9, "CAP_LINUX_IMMUTABLE"),
	CRFS_CAP(10, "CAP_NET_BIND_SERVICE"),
	CRFS_CAP(11, "CAP_NET_BROADCAST"),
	CRFS_CAP(12, "CAP_NET_ADMIN"),
	CRFS_CAP(13, "CAP_NET_RAW"),
	CRFS_CAP(14, "CAP_IPC_LOCK"),
	CRFS_CAP(15, "CAP_IPC_OWNER"),
	CRFS_CAP(16, "CAP_SYS_MODULE"),
	CRFS_CAP(17, "CAP_SYS_RAWIO"),
	CRFS_CAP(18, "CAP_SYS_CHROOT"),
	CRFS_CAP(19, "CAP_SYS_PTRACE"),
	CRFS_CAP(20, "CAP_SYS_PACCT"),
	CRFS_CAP(21, "CAP_SYS_ADMIN"),
	CRFS_CAP(22, "CAP_SYS_BOOT"),
	CRFS_CAP(23, "CAP_SYS_NICE"),
	CRFS_CAP(24, "CAP_SYS_RESOURCE"),
	CRFS_CAP(25, "CAP_SYS_TIME"),
	CRFS_CAP(26, "CAP_SYS_TTY_CONFIG"),
	CRFS_CAP(27, "CAP_MKNOD"),
	CRFS_CAP(28, "CAP_LEASE"),
	CRFS_CAP(29, "CAP_AUDIT_WRITE"),
	CRFS_CAP(30, "CAP_AUDIT_CONTROL"),
	CRFS_CAP(31, "CAP_SETFCAP"),
	CRFS_CAP(32, "CAP_MAC_OVERRIDE"),
	CRFS_CAP(33, "CAP_MAC_ADMIN"),
	CRFS_CAP(34, "CAP_SYSLOG"),
	CRFS_CAP(35, "CAP_WAKE_ALARM"),
	CRFS_CAP(36, "CAP_BLOCK_SUSPEND"),
	CRFS_CAP(37, "CAP_AUDIT_READ"),
	CRFS_CAP(38, "CAP_PERFMON"),
	CRFS_CAP(39, "CAP_BPF"),
	CRFS_CAP(40, "CAP_CHECKPOINT_RESTORE"),
	{ 0, NULL }
};

/* securebits, capabilities(7) */
CRFS_NAMES(crfs_securebit_names) = {
	{ 1 << 0, "SECBIT_NOROOT" },
	{ 1 << 1, "SECBIT_NOROOT_LOCKED" },
	{ 1 << 2, "SECBIT_NO_SETUID_FIXUP" },
	{ 1 << 3, "SECBIT_NO_SETUID_FIXUP_LOCKED" },
	{ 1 << 4, "SECBIT_KEEP_CAPS" },
	{ 1 << 5, "SECBIT_KEEP_CAPS_LOCKED" },
	{ 1 << 6, "SECBIT_NO_CAP_AMBIENT_RAISE" },
	{ 1 << 7, "SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED" },
	{ 1 << 8, "SECBIT_EXEC_RESTRICT_FILE" },
	{ 1 << 9, "SECBIT_EXEC_RESTRICT_FILE_LOCKED" },
	{ 1 << 10, "SECBIT_EXEC_DENY_INTERACTIVE" },
	{ 1 << 11, "SECBIT_EXEC_DENY_INTERACTIVE_LOCKED" },
	{ 0, NULL }
};

CRFS_NAMES(crfs_policy_names) = {
	{ 0, "SCHED_OTHER" },
	{ 1, "SCHED_FIFO" },
	{ 2, "SCHED_RR" },
	{ 3, "SCHED_BATCH" },
	{ 5, "SCHED_IDLE" },
	{ 6, "SCHED_DEADLINE" },
	{ 7, "SCHED_EXT" },
	{ 0, NULL }
};

CRFS_NAMES(crfs_rlimit_names) = {
	{ 0, "RLIMIT_CPU" },
	{ 1, "RLIMIT_FSIZE" },
	{ 2, "RLIMIT_DATA" },
	{ 3, "RLIMIT_STACK" },
	{ 4, "RLIMIT_CORE" },
	{ 5, "RLIMIT_RSS" },
	{ 6, "RLIMIT_NPROC" },
	{ 7, "RLIMIT_NOFILE" },
	{ 8, "RLIMIT_MEMLOCK" },
	{ 9, "RLIMIT_AS" },
	{ 10, "RLIMIT_LOCKS" },
	{ 11, "RLIMIT_SIGPENDING" },
	{ 12, "RLIMIT_MSGQUEUE" },
	{ 13, "RLIMIT_NICE" },
	{ 14, "RLIMIT_RTPRIO" },
	{ 15, "RLIMIT_RTTIME" },
	{ 0, NULL }
};

/* RLIM_INFINITY */
CRFS_NAMES(crfs_rlimit_values) = { { ~0ULL, "unlimited" }, { 0, NULL } };

/* as clock_gettime(2) and /proc/<pid>/timers number them; -6 and -2: the timer's maker's own CPU time */
CRFS_NAMES(crfs_clock_names) = {
	{ 0, "CLOCK_REALTIME" },
	{ 1, "CLOCK_MONOTONIC" },
	{ 2, "CLOCK_PROCESS_CPUTIME_ID" },
	{ 3, "CLOCK_THREAD_CPUTIME_ID" },
	{ 7, "CLOCK_BOOTTIME" },
	{ 8, "CLOCK_REALTIME_ALARM" },
	{ 9, "CLOCK_BOOTTIME_ALARM" },
	{ 11, "CLOCK_TAI" },
	{ 0, NULL }
};

CRFS_NAMES(crfs_mempolicy_names) = {
	{ 0, "MPOL_DEFAULT" },
	{ 1, "MPOL_PREFERRED" },
	{ 2, "MPOL_BIND" },
	{ 3, "MPOL_INTERLEAVE" },
	{ 4, "MPOL_LOCAL" },
	{ 5, "MPOL_PREFERRED_MANY" },
	{ 6, "MPOL_WEIGHTED_INTERLEAVE" },
	{ 0, NULL }
};

CRFS_NAMES(crfs_mempolicy_flags) = {
	{ 1 << 13, "MPOL_F_NUMA_BALANCING" },
	{ 1 << 14, "MPOL_F_RELATIVE_NODES" },
	{ 1 << 15, "MPOL_F_STATIC_NODES" },
	{ 0, NULL }
};

CRFS_NAMES(crfs_ioprio_names) = {
	{ 0, "none" },
	{ 1, "rt" },
	{ 2, "be" },
	{ 3, "idle" },
	{ 0, NULL }
};

/* what PR_GET_SPECULATION_CTRL returns */
CRFS_NAMES(crfs_speculation_names) = {
	{ 1 << 0, "PR_SPEC_PRCTL" },
	{ 1 << 1, "PR_SPEC_ENABLE" },
	{ 1 << 2, "PR_SPEC_DISABLE" },
	{ 1 << 3, "PR_SPEC_FORCE_DISABLE" },
	{ 1 << 4, "PR_SPEC_DISABLE_NOEXEC" },
	{ 0, NULL }
};

#endif
