// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Everything that no other room takes: refused, with what it is and what to do.
 *
 * The last row of the table. From the link that /proc shows, and stat.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include <crfs/res/fd/unknown.h>

#include "fdroom.h"
#include "rooms.h"

struct advice {
	const char *link;
	const char *todo;
};

static const struct advice anon[] = {
	{"anon_inode:[perf_event]", "stop measuring first"},
	{"anon_inode:[userfaultfd]", "finish the migration or snapshot that uses it"},
	{"anon_inode:[fscontext]", "finish mounting first"},
	{"anon_inode:kvm-vm", "stop the virtual machine"},
	{"anon_inode:kvm-vcpu", "stop the virtual machine"},
	{"anon_inode:bpf-", "unload the BPF program, or keep its loader outside the container"},
	{"anon_inode:bpf_", "unload the BPF program, or keep its loader outside the container"},
	{"anon_inode:btf", "unload the BPF program, or keep its loader outside the container"},
	{"anon_inode:[landlock-ruleset]", "apply the ruleset first"},
	{"anon_inode:seccomp notify", "end the supervisor first"},
	{"anon_inode:mntns", "unmount what it is of"},
	{"/secretmem", "secret memory (memfd_secret) is its program's alone: run it without"},
	{"/dev/fuse", "end the FUSE server first, or keep it outside the container"},
	{"/dev/tty", "a terminal that is not a pty: run it under tmux, screen or script(1)"},
	{"/dev/console", "redirect it: a console belongs to the machine"},
	{"/dev/kvm", "stop the virtual machine"},
	{"", "let the program close it"},
};

static const char *todo(const struct file *f)
{
	const struct advice *a;

	for (a = anon; *a->link; a++)
		if (!strncmp(f->link, a->link, strlen(a->link)))
			break;
	return a->todo;
}

static const struct crfs_name families[] = {
	{ AF_UNIX, "unix" }, { AF_INET, "IPv4" }, { AF_INET6, "IPv6" }, { AF_NETLINK, "netlink" },
	{ AF_PACKET, "packet" }, { AF_VSOCK, "vsock" }, { AF_ALG, "crypto" }, { AF_XDP, "XDP" },
	{ AF_BLUETOOTH, "Bluetooth" }, { AF_CAN, "CAN" }, { 0, NULL },
};

static const struct crfs_name types[] = {
	{ SOCK_STREAM, "stream" }, { SOCK_DGRAM, "datagram" }, { SOCK_RAW, "raw" },
	{ SOCK_SEQPACKET, "seqpacket" }, { 0, NULL },
};

static const char *name_of(const struct crfs_name *n, int value)
{
	while (n->name && n->value != (__u64)value)
		n++;
	return n->name ? n->name : "unknown";
}

/* One that is not connected could be, and one that is has more than one connection, or once might. */
static void name_mptcp(struct snap *s, const struct file *f)
{
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%s: an MPTCP socket that does not listen cannot be "
			 "carried yet: let the program use TCP (Go: GODEBUG=multipathtcp=0; sysctl net.mptcp.enabled=0)",
			 f->link);
}

static void name_socket(struct snap *s, const struct file *f)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (f->sock.protocol == IPPROTO_MPTCP) {
		name_mptcp(s, f);
		return;
	}
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
			 "%s: a %s %s %s socket cannot be carried yet: "
			 "let the program close it",
			 f->link,
			 getpeername(f->dup, (struct sockaddr *)&peer, &len) == 0 ? "connected"
										  : "not listening",
			 name_of(families, f->sock.domain), name_of(types, f->sock.type));
}

static void name_device(struct snap *s, const struct file *f)
{
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
			 "%s, %s device %u:%u, has state that cannot be "
			 "carried: %s",
			 f->link, S_ISCHR(f->st.st_mode) ? "character" : "block",
			 major(f->st.st_rdev), minor(f->st.st_rdev), todo(f));
}

static bool unknown_match(const struct file *f)
{
	(void)f;
	return true;
}

static int unknown_read(struct snap *s, void *obj, struct text *out)
{
	struct file *f = obj;
	struct crfs_fd_unknown r = { .what = { f->link, strlen(f->link) } };

	if (S_ISSOCK(f->st.st_mode))
		name_socket(s, f);
	else if (S_ISCHR(f->st.st_mode) || S_ISBLK(f->st.st_mode))
		name_device(s, f);
	else
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%s cannot be carried: %s",
				 f->link, todo(f));
	text_section(out, &crfs_fd_unknown_shape);
	text_rec(out, &crfs_fd_unknown_shape, &r);
	return 0;
}

static void unknown_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_unknown *r = image_rec(o, &res_fd_unknown, 0);

	image_mismatch(im, -EOPNOTSUPP, o->path, "%.*s was not carried", r ? r->what.len : 0,
		       r ? r->what.p : "");
}

const struct resource res_fd_unknown = {
	.name = "unknown",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_unknown_shape, NULL },
	.match = unknown_match,
	.read = unknown_read,
	.check = unknown_check,
};
