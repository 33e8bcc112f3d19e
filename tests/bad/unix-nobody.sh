# SPDX-License-Identifier: GPL-2.0-or-later
# A connection that nobody made.
# expect: ^EINVAL files/4: peer_pid 0: connected, but by nobody
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^peer_pid .*/peer_pid 0/; s/^peer_uid .*/peer_uid -1/; s/^peer_gid .*/peer_gid -1/' files/4
