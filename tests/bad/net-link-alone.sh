# SPDX-License-Identifier: GPL-2.0-or-later
# A veth link whose other end is nowhere.
# expect: ^EINVAL ns/net-1: link 2: its other end is not there
mkdir -p ns
printf 'up 1\nmtu 65536\n\nfamily addr prefix scope\n\nsysctl value\n\nlink name kind peer external flags mtu txqlen group mac\n2 eth0 veth 7 - up 1500 1000 0 020000000001\n\nlink family addr peer prefix scope flags broadcast label metric\n\nfamily dst prefix gateway link table protocol scope type tos metric source onlink mtu\n' > ns/net-1
echo "XXH64 (ns/net-1) = 0000000000000000" >> manifest
