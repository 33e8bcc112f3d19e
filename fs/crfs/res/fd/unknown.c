// SPDX-License-Identifier: GPL-2.0-only
/*
 * What no other room takes: refused by name, with the link that /proc shows. Fanotify groups the FUSE filesystem
 * carries.
 */
#include <linux/types.h>
#include <linux/in.h>
#include <linux/kdev_t.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <net/sock.h>

#include <crfs/res/fd/unknown.h>

#include "internal.h"

/* As in fuse-proto/res/fd/unknown.c. */
static const struct {
	const char *link, *todo;
} advice[] = {
	{ "anon_inode:[perf_event]", "stop measuring first" },
	{ "anon_inode:[userfaultfd]", "finish the migration or snapshot that uses it" },
	{ "anon_inode:[fscontext]", "finish mounting first" },
	{ "anon_inode:kvm-vm", "stop the virtual machine" },
	{ "anon_inode:kvm-vcpu", "stop the virtual machine" },
	{ "anon_inode:bpf-", "unload the BPF program, or keep its loader outside the container" },
	{ "anon_inode:bpf_", "unload the BPF program, or keep its loader outside the container" },
	{ "anon_inode:btf", "unload the BPF program, or keep its loader outside the container" },
	{ "anon_inode:[landlock-ruleset]", "apply the ruleset first" },
	{ "anon_inode:seccomp notify", "end the supervisor first" },
	{ "anon_inode:mntns", "unmount what it is of" },
	{ "/secretmem", "secret memory (memfd_secret) is its program's alone: run it without" },
	{ "/dev/fuse", "end the FUSE server first, or keep it outside the container" },
	{ "/dev/tty", "a terminal that is not a pty: run it under tmux, screen or script(1)" },
	{ "/dev/console", "redirect it: a console belongs to the machine" },
	{ "/dev/kvm", "stop the virtual machine" },
	{ "", "let the program close it" },
};

static const char *todo(const struct cfile *f)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(advice) - 1; i++)
		if (!strncmp(f->link, advice[i].link, strlen(advice[i].link)))
			break;
	return advice[i].todo;
}

static bool unknown_match(const struct cfile *f)
{
	return true;
}

static const struct crfs_name families[] = {
	{ AF_VSOCK, "vsock" }, { AF_ALG, "crypto" }, { AF_XDP, "XDP" },
	{ AF_BLUETOOTH, "Bluetooth" }, { AF_CAN, "CAN" }, { 0, NULL },
};

static const struct crfs_name types[] = {
	{ SOCK_STREAM, "stream" }, { SOCK_DGRAM, "datagram" }, { SOCK_RAW, "raw" },
	{ SOCK_SEQPACKET, "seqpacket" }, { 0, NULL },
};

static const char *name_of(const struct crfs_name *n, unsigned int value)
{
	while (n->name && n->value != value)
		n++;
	return n->name ? n->name : "unknown";
}

static void name_socket(struct snap *s, const struct cfile *f, struct socket *sock)
{
	const struct sock *sk = sock->sk;
	struct sockaddr_storage peer;

	if (sk->sk_protocol == IPPROTO_MPTCP && sk->sk_family != AF_UNIX) {
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%s: an MPTCP socket that does not listen cannot be carried yet: let the program use TCP (Go: GODEBUG=multipathtcp=0; sysctl net.mptcp.enabled=0)",
				 f->link);
		return;
	}
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
			 "%s: a %s %s %s socket cannot be carried yet: let the program close it", f->link,
			 kernel_getpeername(sock, (struct sockaddr *)&peer) >= 0 ? "connected"
										: "not listening",
			 name_of(families, sk->sk_family), name_of(types, sk->sk_type));
}

static void name_device(struct snap *s, const struct cfile *f)
{
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
			 "%s, %s device %u:%u, has state that cannot be carried: %s", f->link,
			 S_ISCHR(f->st.mode) ? "character" : "block", MAJOR(f->st.rdev),
			 MINOR(f->st.rdev), todo(f));
}

static int unknown_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct crfs_fd_unknown r = { .what = str_of(f->link) };
	struct socket *sock = S_ISSOCK(f->st.mode) ? sock_from_file(f->file) : NULL;

	if (sock)
		name_socket(s, f, sock);
	else if (S_ISCHR(f->st.mode) || S_ISBLK(f->st.mode))
		name_device(s, f);
	else
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%s cannot be carried: %s", f->link,
				 todo(f));
	text_section(out, &crfs_fd_unknown_shape);
	text_rec(out, &crfs_fd_unknown_shape, &r);
	return 0;
}

const struct room res_fd_unknown = {
	.name = "unknown",
	.scope = PER_FILE,
	.match = unknown_match,
	.read = unknown_read,
};
