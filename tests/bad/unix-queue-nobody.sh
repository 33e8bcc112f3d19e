# SPDX-License-Identifier: GPL-2.0-or-later
# A queue of a socket that nobody can send to.
# expect: ^EINVAL files/4: queue 2: nobody can have sent it
. "$(dirname "$0")/unix.bash"
unix_file 4 none 0 2
unix_queue 2 '5 0 0 0 0 - -'
