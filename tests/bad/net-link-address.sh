# SPDX-License-Identifier: GPL-2.0-or-later
# An address of a link that is not there.
# expect: ^EINVAL ns/net-1: link address 0: there is none like that
mkdir -p ns
printf 'up 1\nmtu 65536\n\nfamily addr prefix scope\n\nsysctl value\n\nlink name kind peer external flags mtu txqlen group mac\n\nlink family addr peer prefix scope flags broadcast label metric\n2 2 0a000001000000000000000000000000 0a000001000000000000000000000000 24 0 - 00000000 - 0\n\nfamily dst prefix gateway link table protocol scope type tos metric source onlink mtu\n' > ns/net-1
echo "XXH64 (ns/net-1) = 0000000000000000" >> manifest
