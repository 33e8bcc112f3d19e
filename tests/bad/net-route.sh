# SPDX-License-Identifier: GPL-2.0-or-later
# A route over a link that is not there.
# expect: ^EINVAL ns/net-1: route 0: there is none like that
mkdir -p ns
printf 'up 1\nmtu 65536\n\nfamily addr prefix scope\n\nsysctl value\n\nlink name kind peer external flags mtu txqlen group mac\n\nlink family addr peer prefix scope flags broadcast label metric\n\nfamily dst prefix gateway link table protocol scope type tos metric source onlink mtu\n2 00000000000000000000000000000000 0 0a000001000000000000000000000000 9 254 3 0 1 0 0 00000000000000000000000000000000 0 0\n' > ns/net-1
echo "XXH64 (ns/net-1) = 0000000000000000" >> manifest
