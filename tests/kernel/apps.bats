#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that people run: redis, python and node look the same to both filesystems, and come back; or what
# tests/kernel/refused lists as app/NAME is in their way.
load helpers

setup_file() {
	"$REPO/tests/kernel/vm" apps
	export VM_EXTRA=$REPO/build/kernel/apps VM_MEMORY=${VM_MEMORY:-1536}
	vm_boot
}
teardown_file() { vm_end; }

app() {
	local why
	why=$(refused "app/$1")
	if [ -n "$why" ]; then
		guest ". /crfs/both; . /crfs/trip; . /crfs/apps; app_refused '$why' $1"
	else
		guest ". /crfs/both; . /crfs/trip; . /crfs/apps; app $1"
	fi
	console_clean
}

@test "python: threads, pipes, epoll, a file without a name" { app python; }
@test "python: an HTTP server" { app python_http; }
@test "node: a worker and a timer" { app node; }
@test "node: an HTTP server" { app node_http; }
@test "redis" { app redis; }
@test "redis that listens" { app redis_tcp; }
@test "redis with a client" { app redis_client; }
