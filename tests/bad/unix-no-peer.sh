# SPDX-License-Identifier: GPL-2.0-or-later
# A unix socket whose peer does not exist.
# expect: ^EINVAL files/4: peer 9: there is no such unix socket
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^peer 5/peer 9/' files/4
