# SPDX-License-Identifier: GPL-2.0-or-later
# What trees with a bad network namespace begin with.

# net_file [SECTION ROW]...: ns/net-1, with a row in the section whose keys begin so
net_file() {
	mkdir -p ns
	cat > ns/net-1 <<-'END'
		up 1
		mtu 65536

		family addr prefix scope

		sysctl value

		link name kind peer peer_ns external flags mtu txqlen group mac master attrs port

		link family addr peer prefix scope flags broadcast label metric

		family dst prefix gateway link table protocol scope type tos metric source onlink mtu attrs

		kind family table name handle expires_ms attrs

		kind family attrs

		family expires_s attrs
	END
	while [ $# -gt 0 ]; do
		sed -Ei "/^$1( |\$)/,/^\$/ { /^\$/ s|^|$2\n|; }; \$ { /^$1( |\$)/ s|\$|\n$2|; }" ns/net-1
		shift 2
	done
	echo "XXH64 (ns/net-1) = 0000000000000000" >> manifest
}
