# SPDX-License-Identifier: GPL-2.0-or-later
# A run of pages outside all mappings.
# expect: ^E[A-Z]+ mms/1: pages/10000: 
head -c 4096 /dev/zero > mms/1/pages/10000
sed -i "1s|^|XXH64 (mms/1/pages/10000) = 0000000000000000\n|" manifest
