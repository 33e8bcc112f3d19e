# SPDX-License-Identifier: GPL-2.0-or-later
# What tests of crtar share.

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

# packed WORKLOAD [ARGUMENT...] -- [OPTION...]: as $T/ckpt.tar, and gone; its cgroup stays frozen
packed() {
	local args=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do args+=("$1"); shift; done
	[ $# = 0 ] || shift
	work_start "${args[@]}"
	freeze "$CG"
	crtar create --cgroup "$CG" "$@" -f "$T/ckpt.tar"
	kill_all "$CG"
}

# small COMMAND...: that it takes less than 64 MiB, whatever comes of it
small() {
	/usr/bin/time -o "$T/peak" -f %M timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&- > /dev/null || [ $? = 1 ]
	echo "$1: $(tail -n 1 "$T/peak") KiB"
	[ "$(tail -n 1 "$T/peak")" -lt $((64 << 10)) ]
}

# endable ARGUMENT...: crtar in the place of the shell, for a job in the background, which else ignores SIGINT
# catching PID: it has begun to take signals as its own
catching() { (($(awk '/^SigCgt/ { print "0x" $2 }' "/proc/$1/status") >> 14 & 1)); }	# SIGTERM
endable() { exec env --default-signal=INT,HUP "$BIN/crtar" "$@"; }
