# SPDX-License-Identifier: GPL-2.0-or-later
# Two connections at one place of a queue, whose other ends were closed.
# expect: ^EINVAL files/4: place 2: another waits there
. "$(dirname "$0")/unix.bash"
unix_listener 4 "2 - $PID 0 0 - 0" "2 - $PID 0 0 - 0"
