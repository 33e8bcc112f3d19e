# SPDX-License-Identifier: GPL-2.0-or-later
# A connection that nobody has made.
# expect: ^EINVAL files/4: place 1: connected, but by nobody
. "$(dirname "$0")/unix.bash"
unix_listener 4 "1 - 0 -1 -1 - 0"
