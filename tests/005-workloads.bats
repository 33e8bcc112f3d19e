#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The workloads are right themselves: each passes when it is frozen and thawed without a checkpoint.
load helpers

# dry DIR: every workload below it
dry() {
	local w n=0 bad=0
	for w in $(cd "$WORK" && find "$1" -type f -executable | sort); do
		n=$((n + 1))
		rm -rf --one-file-system "$T/go" "$T/work"	# what one notes there is not for the next to clean up
		mkdir "$T/work"
		echo "workload $w"
		STARTER=$(starter_of "$w")
		if ! (work_start "$w"; [ "$BASH_SUBSHELL" -gt 0 ] && freeze "$CG" && thaw "$CG" && work_verify); then
			grep -q '^skip:' "$T/work.log" || { cat "$T/work.log"; bad=1; }
		fi
		kill_all "$(tail -n 1 "$T/cgroups")"
	done
	[ "$bad" = 0 ] && [ "$n" -gt 0 ]
}

@test "task workloads pass by themselves" { dry task; }
@test "mm workloads pass by themselves" { dry mm; }
@test "fd workloads pass by themselves" { dry fd; }
@test "inode workloads pass by themselves" { dry inode; }
@test "root workloads pass by themselves" { dry root; }
@test "ns workloads pass by themselves" { dry ns; }
@test "the base workload passes by itself" { dry base; }
@test "crtar workloads pass by themselves" { dry crtar; }
