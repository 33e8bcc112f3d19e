# SPDX-License-Identifier: GPL-2.0-or-later
# An address with a longer prefix than it is long.
# expect: ^EINVAL ns/net-1: address 0: 
mkdir -p ns
printf 'up 1\nmtu 65536\n\nfamily addr prefix scope\n2 7f000001000000000000000000000000 33 254\n\nsysctl value\n\nlink name kind peer external flags mtu txqlen group mac\n\nlink family addr peer prefix scope flags broadcast label metric\n\nfamily dst prefix gateway link table protocol scope type tos metric source onlink mtu\n' > ns/net-1
echo "XXH64 (ns/net-1) = 0000000000000000" >> manifest
