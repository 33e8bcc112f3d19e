# SPDX-License-Identifier: GPL-2.0-or-later
# A stream that is connected to itself.
# expect: ^EINVAL files/4: peer 4: 
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^peer 5/peer 4/' files/4
