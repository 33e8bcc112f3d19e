# SPDX-License-Identifier: GPL-2.0-or-later
# A process group with numbers in more pid namespaces than its member is in
# expect: ^EINVAL tasks/[0-9]+: status: nspgid 2: not as many as in nspid
sed -i 's/^nspgid .*/&,1/' tasks/"$PID"/status
