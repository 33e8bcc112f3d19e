# SPDX-License-Identifier: GPL-2.0-or-later
# A group of open files without one.
# expect: ^EINVAL files/1280: line 1: missing key "file": mend it
: > files/1280
echo "XXH64 (files/1280) = 0000000000000000" >> manifest
