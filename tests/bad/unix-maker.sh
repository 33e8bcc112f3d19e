# SPDX-License-Identifier: GPL-2.0-or-later
# Who made it is somebody else's pid.
# expect: ^EEXIST files/4: pid 1, which made it and is dead, is taken
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^peer_pid .*/peer_pid 1/' files/4
