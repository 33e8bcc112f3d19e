#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What all packets of a socket begin with: options of IP, extension headers of IPv6.
load ../../helpers

@test "inode/packet_header comes back" {
	roundtrip inode/packet_header
}

@test "headers that the kernel would not take, or that are not there, are refused" {
	work_start inode/packet_header
	checkpoint "$T/ckpt.tar"
	mkdir "$T/base"
	tar xf "$T/ckpt.tar" -C "$T/base"
	chmod -R u+w "$T/base"
	cr_mount "$CG" "$T/mnt"
	cd "$T/base"
	n=$(grep -lx 'option ip_options' inodes/*/status | head -n 1)
	n=${n%/status}
	f=$(grep -lx "ip_options ${n#*/}" files/* | head -n 1)
	wrong bytes "^E[A-Z]+ $n: the kernel does not take this as IP_OPTIONS" \
		bash -c "printf '\\0377\\0377\\0377\\0377\\0377\\0377\\0377\\0377\\0377\\0377\\0377\\0377' | head -c \$(stat -c %s $n/data) > $n/data.x; mv $n/data.x $n/data"
	wrong length "^EINVAL $n: data is not as long" sed -i 's/^len .*/len 9/' "$n/status"
	wrong option "^EINVAL $n: an option that is not known" sed -i 's/^option .*/option ip_nothing/' "$n/status"
	wrong other "^EINVAL $f: inodes/${n#*/} is not there as its ipv6_hopopts" sed -i 's/^ip_options /ipv6_hopopts /' "$f"
	wrong none "^EINVAL $f: inodes/4711 is not there as its ip_options" sed -i 's/^ip_options .*/ip_options 4711/' "$f"
}
