/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type tun: /dev/net/tun, and the link whose packets it takes and gives. */
#ifndef CRFS_RES_FD_TUN_H
#define CRFS_RES_FD_TUN_H

#include <crfs/names.h>

/* IFF_* of linux/if_tun.h */
CRFS_NAMES(crfs_tun_flags) = {
	{ 0x0001, "tun" },
	{ 0x0002, "tap" },
	{ 0x0010, "napi" },
	{ 0x0020, "napi_frags" },
	{ 0x0040, "no_carrier" },
	{ 0x0100, "multi_queue" },
	{ 0x0800, "persist" },
	{ 0x1000, "no_pi" },
	{ 0x4000, "vnet_hdr" },
	{ 0, NULL },
};

/* TUN_F_* */
CRFS_NAMES(crfs_tun_offloads) = {
	{ 0x01, "csum" }, { 0x02, "tso4" }, { 0x04, "tso6" }, { 0x08, "tso_ecn" }, { 0x20, "uso4" }, { 0x40, "uso6" },
	{ 0, NULL },
};

struct crfs_fd_tun {
	struct crfs_str path;	/* of the device, from the root of its mount namespace */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
	__u32 net_ns;		/* ns/net-<id>, where it was opened; 0: the same */
	struct crfs_str link;	/* empty: it has none yet */
	__u32 flags;
	__u32 offload;
	__s32 sndbuf;
	__u32 header;		/* bytes of vnet_hdr */
	__u8 endian;		/* of that: 0: the machine's; 1: little; 2: big */
};

static const struct crfs_field crfs_fd_tun_fields[] = {
	CRFS_FIELD(struct crfs_fd_tun, CRFS_STR, path),
	CRFS_FIELD(struct crfs_fd_tun, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_fd_tun, CRFS_DEC, net_ns),
	CRFS_FIELD(struct crfs_fd_tun, CRFS_STR, link),
	CRFS_FIELD_NAMES(struct crfs_fd_tun, CRFS_FLAGS, flags, crfs_tun_flags),
	CRFS_FIELD_NAMES(struct crfs_fd_tun, CRFS_FLAGS, offload, crfs_tun_offloads),
	CRFS_FIELD(struct crfs_fd_tun, CRFS_INT, sndbuf),
	CRFS_FIELD(struct crfs_fd_tun, CRFS_DEC, header),
	CRFS_FIELD(struct crfs_fd_tun, CRFS_DEC, endian),
};
CRFS_SHAPE(crfs_fd_tun_shape, struct crfs_fd_tun, CRFS_BLOCK, "tun", crfs_fd_tun_fields);

/* Second section: packets that wait to be read, in order */
struct crfs_tun_packet {
	__u16 protocol;		/* ETH_P_* */
	struct crfs_str bytes;	/* in hexadecimal digits */
};

static const struct crfs_field crfs_tun_packet_fields[] = {
	CRFS_FIELD(struct crfs_tun_packet, CRFS_HEX, protocol),
	CRFS_FIELD(struct crfs_tun_packet, CRFS_STR, bytes),
};
CRFS_SHAPE(crfs_tun_packet_shape, struct crfs_tun_packet, CRFS_ROWS, "packets", crfs_tun_packet_fields);

#endif
