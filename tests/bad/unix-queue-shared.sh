# SPDX-License-Identifier: GPL-2.0-or-later
# A queue of two sockets.
# expect: ^EINVAL files/5: queue 2: is another socket.s, too
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^queue 0/queue 2/' files/5
