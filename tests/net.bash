# SPDX-License-Identifier: GPL-2.0-or-later
# A container with a network namespace of its own: what is set up in it, and that it is the same when it has come back.

# in_net COMMAND...: in the container's network namespace
in_net() {
	nsenter --net="/proc/$(cg_pids "$CG" | head -n 1)/ns/net" "$@"
}

# start_net NAME TOOL: a task in one; TOOL is what the test sets it up with
start_net() {
	command -v "$2" > /dev/null || skip "no $2(8)"
	cg_new "$1"
	start_in "$CG" unshare --net sleep 1000
	wait_for sh -c "! [ /proc/self/ns/net -ef /proc/$PID/ns/net ]"
}

# there_and_same: and `shown`, which the file has, says the same before and after
there_and_same() {
	shown > "$T/before"
	cat "$T/before"
	there_and_back
	shown > "$T/after"
	diff "$T/before" "$T/after"
}
