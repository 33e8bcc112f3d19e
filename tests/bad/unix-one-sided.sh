# SPDX-License-Identifier: GPL-2.0-or-later
# A stream that is connected to one that is not.
# expect: ^EINVAL files/4: peer 5: that has another peer
. "$(dirname "$0")/unix.bash"
unix_pair
sed -i 's/^connected peer/connected none/; s/^peer 4/peer 0/' files/5
