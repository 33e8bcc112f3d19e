# SPDX-License-Identifier: GPL-2.0-or-later
# A connection that was closed and waits behind the end of the queue.
# expect: ^EINVAL files/4: place 9: the backlog is not so long
. "$(dirname "$0")/unix.bash"
unix_listener 4 "9 - $PID 0 0 - 0"
