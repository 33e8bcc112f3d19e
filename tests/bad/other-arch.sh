# SPDX-License-Identifier: GPL-2.0-or-later
# Another machine.
# expect: ^E[A-Z]+ header: .*aarch64
sed -i 's/^arch .*/arch aarch64/' header
