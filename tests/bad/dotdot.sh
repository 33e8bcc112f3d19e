# SPDX-License-Identifier: GPL-2.0-or-later
# A path that leaves its directory must not be opened outside the root, nor crash.
# expect: ^E[A-Z]+ files/
for f in files/*; do sed -i 's|^path .*|path ../../../../etc/shadow|' "$f"; done
