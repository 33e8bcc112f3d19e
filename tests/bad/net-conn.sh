# SPDX-License-Identifier: GPL-2.0-or-later
# A connection of a family that netfilter does not follow.
# expect: ^EINVAL ns/net-1: followed connection 0: there is none like that
. "$(dirname "$0")/net.bash"
net_file 'family expires_s' '7 30 08000300'
