# SPDX-License-Identifier: GPL-2.0-or-later
# A tree that says itself what it lacks.
# expect: ^E[A-Z]+ unsupported: 
echo "EOPNOTSUPP files/1: io_uring: close it" > unsupported
grep -q '(unsupported)' manifest || sed -i '1s/^/XXH64 (unsupported) = 0000000000000000\n/' manifest
