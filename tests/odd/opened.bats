#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Descriptors in odd states, further: of the dead, the moved, the covered, and of what watches.
load common

@test "opened: proc_of_the_dead" { roundtrip odd/opened proc_of_the_dead; }
@test "opened: pidfds_of_the_dead" { roundtrip odd/opened pidfds_of_the_dead; }
@test "opened: dnotify is lost by name" { refused opened dnotify 'ENODATA files/[0-9]+: lost: that its owner is told .*F_NOTIFY'; }
@test "opened: outside_its_root" { roundtrip odd/opened outside_its_root; }
@test "opened: paths_alone" { roundtrip odd/opened paths_alone; }
@test "opened: inotify_of_the_moved" { roundtrip odd/opened inotify_of_the_moved; }
@test "opened: proc_self" { roundtrip odd/opened proc_self; }
@test "opened: locks_of_a_family" { roundtrip odd/opened locks_of_a_family; }
@test "opened: timerfd_cancels" { roundtrip odd/opened timerfd_cancels; }
@test "opened: write_hints" { roundtrip odd/opened write_hints; }
@test "opened: half_read_directory" { roundtrip odd/opened half_read_directory; }
@test "opened: own_overlay_of_dirs" { roundtrip odd/opened own_overlay_of_dirs; }
# Who mounts it again tidies up its work directory, and the file has another number.
@test "opened: own_overlay_of_tmpfs" { again odd/opened own_overlay_of_tmpfs; }
@test "opened: remounted_read_only" { roundtrip odd/opened remounted_read_only; }
@test "opened: overlay" {
	mkdir "$T/work"/{l,u,w,m}
	for x in a b c d; do printf 'lower text' > "$T/work/l/$x"; done
	mount -t overlay ov "$T/work/m" -o "lowerdir=$T/work/l,upperdir=$T/work/u,workdir=$T/work/w"
	echo "$T/work/m" >> "$T/mounts"
	roundtrip odd/opened overlay
}
