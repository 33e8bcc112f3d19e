# SPDX-License-Identifier: GPL-2.0-or-later
# What was sent into two connections that were closed is the same queue.
# expect: ^EINVAL files/4: queue 2: is another socket's, too
. "$(dirname "$0")/unix.bash"
unix_listener 4 "1 - $PID 0 0 - 2" "2 - $PID 0 0 - 2"
unix_queue 2 '5 0 0 0 0 - -'
