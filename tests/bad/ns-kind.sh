# SPDX-License-Identifier: GPL-2.0-or-later
# A task whose mount namespace is one of another kind.
# expect: ^EINVAL tasks/[0-9]+: status: mnt_ns 1: it is not in ns/
sed -i "s/^mnt_ns 0/mnt_ns 1/; s/^uts_ns 0/uts_ns 1/" tasks/$PID/status
printf "nodename a\ndomainname b\n" > ns/uts-1
echo "XXH64 (ns/uts-1) = 0000000000000000" >> manifest
