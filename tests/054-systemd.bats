#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A whole system: systemd as init, with journal, bus and logins, in a container of systemd-nspawn.
load helpers

# clean_up: nspawn's directory for mounts to come goes with nspawn, and is wanted by the restored container
clean_up() {
	[ -z "${NAME:-}" ] || rm -rf "/run/systemd/nspawn/propagate/$NAME"
}

# boot [OPTION...]: in $CG/payload; the root is a tmpfs, /usr that of this machine
boot() {
	command -v systemd-nspawn > /dev/null || skip "no systemd-nspawn (systemd-container)"
	[ -x /usr/lib/systemd/systemd ] || skip "no systemd"
	cg_new nspawn
	NAME=crfs-$$
	OUTER=$CG
	(
		close_fds
		echo "$BASHPID" > "$CG/cgroup.procs"
		export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
		exec setsid systemd-nspawn -q -D / --volatile=yes --keep-unit --register=no --console=pipe -M "$NAME" "$@" --boot \
			systemd.unit=basic.target systemd.wants=systemd-logind.service < /dev/null > "$T/console" 2>&1
	) &
	CG=$OUTER/payload
	WAIT=60 wait_for inside systemctl is-active -q systemd-logind || { cat "$T/console"; return 1; }
	WAIT=30 wait_for settled
}
# inside CMD...: run in the container, by its first process
inside() {
	local init
	init=$(cat "$CG/init.scope/cgroup.procs" 2>/dev/null) && [ -n "$init" ] &&
		timeout -k 5 30 nsenter -t "$init" -m -u -i -p -C "$@" < /dev/null
}
settled() {
	! inside systemctl is-system-running | grep -E 'starting|initializing'
}

# told DIR: what the container was told of its cgroups meanwhile stands behind what it was told before
told() {
	local f
	for f in $(grep -l '^type inotify' "$1"/files/*); do
		sed -i '/^[0-9]* 0x2 0 -$/d' "$f"
	done
	rm "$1/manifest"
}

# there_and_back: of a whole system, whose nspawn is gone then
there_and_back() {
	checkpoint "$T/ckpt.tar"
	wait_for cg_empty "$OUTER"
	mkdir -p "$CG" "/run/systemd/nspawn/propagate/$NAME"
	echo 1 > "$CG/cgroup.freeze"
	restore "$T/ckpt.tar"
	timeout 60 tar cf "$T/again.tar" -C "$T/mnt" .
	mkdir "$T/one" "$T/two"
	tar xf "$T/ckpt.tar" -C "$T/one"
	tar xf "$T/again.tar" -C "$T/two"
	told "$T/one"
	told "$T/two"
	tree_diff "$T/one" "$T/two"
	thaw "$CG"
}

@test "a system with systemd, its journal, bus and logins" {
	boot
	state=$(inside systemctl is-system-running || true)
	inside systemd-run -q --unit=crfs-ticks sh -c 'while sleep 0.1; do n=$((n + 1)); echo tick $n; done'
	WAIT=20 wait_for inside sh -c 'journalctl -q -u crfs-ticks -g "tick 3"'
	there_and_back
	[ "$(inside systemctl is-system-running)" = "$state" ]
	last=$(inside journalctl -q -u crfs-ticks -o cat -n 1)
	WAIT=20 wait_for inside sh -c "journalctl -q -u crfs-ticks -o cat -n 1 | grep -q tick && [ \"\$(journalctl -q -u crfs-ticks -o cat -n 1)\" != '$last' ]"
	inside systemctl stop crfs-ticks
	[ "$(inside journalctl -q -u crfs-ticks -o cat | grep -c 'tick 1$')" = 1 ]
	inside systemctl restart systemd-journald
	inside systemd-run -q --wait true
	run -3 inside systemd-run -q --wait sh -c 'exit 3'
	inside loginctl list-seats > /dev/null
}

@test "a system in a network of its own, and a service that is shut in" {
	boot --private-network
	inside systemd-run -q --unit=crfs-shut -p PrivateTmp=yes -p PrivateNetwork=yes -p PrivateDevices=yes -p PrivateUsers=yes \
		-p ProtectSystem=strict -p ProtectKernelTunables=yes -p DynamicUser=yes -p StateDirectory=crfs-shut -p SystemCallFilter=@system-service \
		sh -c 'while sleep 0.1; do n=$((n + 1)); echo tick $n $(cat /sys/class/net/lo/ifindex); done'
	WAIT=20 wait_for inside sh -c 'journalctl -q -u crfs-shut -g "tick 3 1$"'
	there_and_back
	last=$(inside journalctl -q -u crfs-shut -o cat -n 1)
	WAIT=20 wait_for inside sh -c "journalctl -q -u crfs-shut -o cat -n 1 | grep -q 'tick .* 1$' && [ \"\$(journalctl -q -u crfs-shut -o cat -n 1)\" != '$last' ]"
	inside systemctl restart crfs-shut
	inside systemctl stop crfs-shut
	inside systemd-run -q --wait -p PrivateNetwork=yes -p DynamicUser=yes true
}
