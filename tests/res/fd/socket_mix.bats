#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Sockets in random combinations of type, options, bytes and shutdown; SEEDS="4711 ..." for others.
load ../../helpers

@test "fd/socket_mix comes back" {
	for seed in ${SEEDS:-1 2 3 4}; do
		echo "seed $seed"
		roundtrip fd/socket_mix "$seed"
		rm -rf "$T/go" "$T/one" "$T/two"
	done
}
