#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Unix sockets that do not listen: pairs, connections, datagrams; queues, half-closed, peers that are gone.
load ../../helpers

@test "fd/unix comes back: a pair with bytes in both directions" {
	roundtrip fd/unix stream
}

@test "fd/unix comes back: socketpairs of all types, full, half-closed, with an end closed" {
	roundtrip fd/unix pairs
}

@test "fd/unix comes back: connections by path and abstract, accepted and waiting, listeners gone" {
	roundtrip fd/unix connections
}

@test "fd/unix comes back: datagrams, many senders to one, connected elsewhere, senders gone" {
	roundtrip fd/unix dgram
}
