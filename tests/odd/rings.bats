#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Rings that the kernel shares with a program, mapped as they cannot be mapped again: each is named, and goes on unharmed.
load common

@test "rings: uring_part" { refused rings uring_part '^EOPNOTSUPP files/[0-9]+: anon_inode:\[io_uring\] with a mapping of a part of it, or a copy of its own'; }
@test "rings: uring_closed" { refused rings uring_closed '^EOPNOTSUPP inodes/[0-9]+: an io_uring is mapped that no task has open'; }
