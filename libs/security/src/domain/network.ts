/** What one client's address is, for counting. */

/**
 * The address of an IPv4 client, the /64 of an IPv6 client: a household or server gets a whole /64, and counting single addresses of it
 * would count nothing. An IPv4 address inside IPv6 (`::ffff:192.0.2.1`) is the IPv4 client.
 *
 * @param ip - An address as Node prints it; anything else comes back as it is.
 */
export function networkOf(ip: string): string {
  if (!ip.includes(':')) return ip;
  const bare = ip.split('%', 1)[0] ?? ip;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
  if (mapped?.[1] !== undefined) return mapped[1];
  const [head = '', tail] = bare.split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right];
  const network = groups.slice(0, 4).map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
  return `${network.join(':')}::/64`;
}
