package webhook

import (
	"net"
	"testing"
)

// special are addresses that lead to no merchant, by the registries of IANA: this machine,
// its networks, metadata services, IPv4 hidden in IPv6, what is set aside or unallocated.
var special = map[string]string{
	"this network": "0.0.0.0", "this network, an address": "0.1.2.3", "private, class A": "10.0.0.5", "private, class B": "172.16.0.1",
	"private, class B, its end": "172.31.255.254", "private, class C": "192.168.1.1", "carrier-grade NAT": "100.64.0.1", "Alibaba's metadata": "100.100.100.200",
	"loopback": "127.0.0.1", "loopback, another": "127.255.255.254", "metadata": "169.254.169.254", "tasks' credentials": "169.254.170.2",
	"protocol assignments": "192.0.0.1", "Oracle's metadata": "192.0.0.192", "documentation 1": "192.0.2.1", "documentation 2": "198.51.100.1",
	"documentation 3": "203.0.113.1", "AS112": "192.31.196.1", "AMT": "192.52.193.1", "6to4 relays": "192.88.99.1", "direct delegation": "192.175.48.1",
	"benchmarks": "198.18.0.1", "benchmarks, the second half": "198.19.255.254", "multicast": "224.0.0.1", "multicast, its end": "239.255.255.255",
	"reserved": "240.0.0.1", "broadcast": "255.255.255.255",
	"unspecified": "::", "loopback in IPv6": "::1", "IPv4-compatible loopback": "::127.0.0.1", "IPv4-compatible metadata": "::169.254.169.254",
	"IPv4-compatible private": "::10.0.0.1", "mapped loopback": "::ffff:127.0.0.1", "mapped metadata": "::ffff:169.254.169.254", "mapped private": "::ffff:10.0.0.1",
	"SIIT": "::ffff:0:169.254.169.254", "NAT64 metadata": "64:ff9b::a9fe:a9fe", "NAT64 loopback": "64:ff9b::7f00:1", "local NAT64": "64:ff9b:1::1",
	"discard": "100::1", "dummy prefix": "100:0:0:1::1", "Teredo": "2001::1", "benchmarks in IPv6": "2001:2::1", "ORCHID": "2001:10::1", "ORCHIDv2": "2001:20::1",
	"protocol assignments in IPv6": "2001:1::1", "documentation in IPv6": "2001:db8::1", "documentation, the new one": "3fff::1", "6to4 metadata": "2002:a9fe:a9fe::",
	"6to4 private": "2002:a00:1::1", "AS112 in IPv6": "2620:4f:8000::1", "segment routing": "5f00::1", "unallocated": "4000::1", "unallocated, far": "9000::1",
	"unique local": "fc00::1", "metadata in IPv6": "fd00:ec2::254", "link-local": "fe80::1", "link-local with a zone": "fe80::1%eth0", "site-local": "fec0::1",
	"multicast in IPv6": "ff02::1",
}

// public are addresses where a merchant could be.
var public = []string{
	"93.184.215.14", "8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1", "169.253.255.255", "169.255.0.1",
	"172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.255.255", "192.169.0.1", "198.17.255.255", "198.20.0.1", "223.255.255.254",
	"2606:2800:21f::1", "2600:1f18::1", "2a05:d014::1", "2400:cb00::1", "2001:4860:4860::8888", "::ffff:93.184.215.14",
}

func TestNoSpecialAddressIsConnectedTo(t *testing.T) {
	if len(special) < 44 {
		t.Fatalf("only %d addresses are tried", len(special))
	}
	production, local := newGate(Rules{}), newGate(insecure)
	for name, address := range special {
		for _, port := range []string{"443", "80", "8443", "6379"} {
			where := net.JoinHostPort(address, port)
			if production.permit(where) == nil {
				t.Errorf("%s (%s) is connected to", name, where)
			}
			if err := local.permit(where); (err == nil) != ofDevelopment[address] {
				t.Errorf("in development %s (%s): %v", name, where, err)
			}
		}
	}
	for _, where := range []string{"", "not an address", "localhost:443", "127.1:443", "0x7f.0.0.1:443", "2130706433:443", "93.184.215.14"} {
		if production.permit(where) == nil {
			t.Errorf("%q is connected to", where)
		}
	}
}

// ofDevelopment are the special addresses that DEV_INSECURE lets through: this machine and
// the private networks that containers live in.
var ofDevelopment = map[string]bool{
	"127.0.0.1": true, "127.255.255.254": true, "::1": true, "10.0.0.5": true, "172.16.0.1": true, "172.31.255.254": true, "192.168.1.1": true,
	"fc00::1": true, "fd00:ec2::254": true, "::ffff:127.0.0.1": true, "::ffff:10.0.0.1": true,
}

func TestEveryPublicAddressAndPortIsConnectedTo(t *testing.T) {
	for _, rules := range []Rules{{}, insecure} {
		for _, address := range public {
			for _, port := range []string{"443", "80", "8443", "65535"} {
				if err := newGate(rules).permit(net.JoinHostPort(address, port)); err != nil {
					t.Errorf("%s, port %s: %v", address, port, err)
				}
			}
		}
	}
}
