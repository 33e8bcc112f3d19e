# SPDX-License-Identifier: GPL-2.0-or-later
# A hung-up terminal whose name has no number: standard input is made one.
# expect: ^EINVAL files/1: /dev/pts/0x3 is not the name of a terminal
f=$(awk '$1 == 0 { print $2 }' "tasks/$PID/fds")
printf '%s\n' 'type hungup' 'flags 0100000' 'pos 0' 'owner_type none' 'owner 0' 'signal 0' '' \
	'path /dev/pts/0x3' 'mnt_ns 0' > "files/$f"
