# SPDX-License-Identifier: GPL-2.0-or-later
# A session with another number than it has
# expect: ^EINVAL tasks/[0-9]+: status: nssid 1: not a pid that can be here
sed -i 's/^nssid .*/nssid 1/' tasks/"$PID"/status
