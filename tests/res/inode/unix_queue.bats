#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What waits in unix sockets: boundaries, senders, descriptors in flight.
load ../../helpers

@test "inode/unix_queue comes back: descriptors in flight, sockets in sockets, a circle" {
	roundtrip inode/unix_queue fds
}

@test "inode/unix_queue comes back: senders, one of them dead, one not shown yet" {
	roundtrip inode/unix_queue creds
}

@test "inode/unix_queue comes back: an epoll in flight" {
	roundtrip inode/unix_queue epoll
}

@test "inode/unix_queue comes back: thousands of messages" {
	roundtrip inode/unix_queue many
}

@test "inode/unix_queue comes back: a listening socket in flight" {
	roundtrip inode/unix_queue listener
}

@test "what only a task can put back, and only a message has, is refused by name" {
	work_start inode/unix_queue async
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^EOPNOTSUPP files/[0-9]+: socket:\[[0-9]+\], with O_ASYNC, is only in flight, ' "$T/mnt/unsupported"
	grep -qE '^EOPNOTSUPP files/[0-9]+: .*/lease, with a lease, is only in flight, ' "$T/mnt/unsupported"
	thaw "$CG"
	work_verify
}

@test "looking into queues takes nothing out and changes no option" {
	work_start inode/unix_queue fds
	for i in 1 2 3; do
		freeze "$CG"
		cr_mount "$CG" "$T/mnt$i"
		no_unsupported "$T/mnt$i"
		tar cf "$T/$i.tar" -C "$T/mnt$i" .
		cr_umount "$T/mnt$i"
		thaw "$CG"
	done
	mkdir "$T/1" "$T/3"
	tar xf "$T/1.tar" -C "$T/1"
	tar xf "$T/3.tar" -C "$T/3"
	diff -r "$T/1/inodes" "$T/3/inodes"
	diff -r "$T/1/files" "$T/3/files"
	work_verify
}
