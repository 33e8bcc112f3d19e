# SPDX-License-Identifier: GPL-2.0-or-later
# A sysctl of the network that leads out of it.
# expect: ^EINVAL ns/net-1: sysctl \.\./kernel/panic: 
. "$(dirname "$0")/net.bash"
net_file 'sysctl' '../kernel/panic 1'
