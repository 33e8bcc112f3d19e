#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Epoll: targets, events, data; nested; edge triggered and one-shot; on a closed number; a waiter.
load ../../helpers

@test "fd/epoll comes back" {
	roundtrip fd/epoll
}

@test "fd/epoll, items that have fired on what has nothing to say" {
	roundtrip fd/epoll_fired
}
