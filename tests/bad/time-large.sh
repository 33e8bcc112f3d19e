# SPDX-License-Identifier: GPL-2.0-or-later
# An offset that no clock can have: refused when it is set, and nothing is left.
# expect: ^E[A-Z]+ ns/time-1: setting the offsets: 
mkdir -p ns
printf 'monotonic_ns 9000000000000000000\nboottime_ns 0\n' > ns/time-1
echo "XXH64 (ns/time-1) = 0000000000000000" >> manifest
