#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Rings that the kernel shares with a program, mapped as they cannot be mapped again: each is named, and goes on unharmed.
load common

@test "rings: uring_part" { refused rings uring_part '^EOPNOTSUPP files/[0-9]+: anon_inode:\[io_uring\] with a mapping of a part of it, or a copy of its own'; }
@test "rings: uring_closed" { refused rings uring_closed '^EOPNOTSUPP inodes/[0-9]+: an io_uring is mapped that no task has open'; }
@test "rings: packet_ring_copy" { refused rings packet_ring_copy '^EOPNOTSUPP files/[0-9]+: the packet socket has a ring \(PACKET_MMAP, TPACKET_V1, 4 frames of 2048 bytes\): a task has mapped a part of it, or a copy'; }
@test "rings: packet_ring_part" { refused rings packet_ring_part '^EOPNOTSUPP files/[0-9]+: the packet socket has a ring .*: a task has mapped a part of it, or a copy'; }
@test "rings: packet_ring_closed" { refused rings packet_ring_closed '^EOPNOTSUPP inodes/[0-9]+: a socket is mapped that no task has open'; }
