#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# eventfd, epoll, timerfd, signalfd, inotify, pidfd in odd states.
load common

@test "events: eventfd_kinds" { roundtrip odd/events eventfd_kinds; }
@test "events: eventfd_blocked" { roundtrip odd/events eventfd_blocked; }
@test "events: epoll_flags" { roundtrip odd/events epoll_flags; }
@test "events: epoll_nested" { roundtrip odd/events epoll_nested; }
@test "events: epoll_closed_numbers" { roundtrip odd/events epoll_closed_numbers; }
@test "events: epoll_in_child" { roundtrip odd/events epoll_in_child; }
@test "events: epoll_waiters" { roundtrip odd/events epoll_waiters; }
@test "events: epoll_of_everything" { roundtrip odd/events epoll_of_everything; }
@test "events: timerfds" { roundtrip odd/events timerfds; }
@test "events: signalfds" { roundtrip odd/events signalfds; }
@test "events: pidfds" { roundtrip odd/events pidfds; }
@test "events: inotify_watches" { roundtrip odd/events inotify_watches; }
@test "events: inotify_queued" { roundtrip odd/events inotify_queued; }
