/** Which addresses of the network are public, so that nobody makes this server talk to its own neighbours. */
import { BlockList, isIP } from 'node:net';

// https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-special-registry (checked 2026-11)
const NOT_PUBLIC_IPV4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT, and the metadata service of some clouds
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, and the metadata service of most clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // former 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
];
// Only global unicast is public; these parts of it are not.
const GLOBAL_UNICAST_IPV6 = '2000::/3';
const NOT_PUBLIC_IPV6 = [
  '2001::/23', // protocol assignments, Teredo
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: carries any IPv4 address inside
  '3fff::/20', // documentation
];

const refusedIpv4 = addressList(NOT_PUBLIC_IPV4);
const refusedIpv6 = addressList(NOT_PUBLIC_IPV6);
const globalIpv6 = addressList([GLOBAL_UNICAST_IPV6]);

/** A set of networks from CIDR texts such as `192.0.2.0/24`; a bare address is a network of one. */
export function addressList(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/', 2);
    const family = isIP(address);
    list.addSubnet(address, prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix), family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Whether a text is a network in CIDR form. */
export function isCidr(text: string): boolean {
  const match = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text);
  const family = isIP(match?.[1] ?? '');
  return family !== 0 && Number(match?.[2]) <= (family === 4 ? 32 : 128);
}

/** Whether the list holds the address. */
export function listHolds(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Whether an address belongs to the public internet. IPv4 inside IPv6 (`::ffff:10.0.0.1`) is not public in any form. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !refusedIpv4.check(address, 'ipv4');
  return family === 6 && globalIpv6.check(address, 'ipv6') && !refusedIpv6.check(address, 'ipv6');
}
