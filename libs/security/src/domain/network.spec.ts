import { networkOf } from './network.js';

describe('networkOf', () => {
  it.each([
    { ip: '192.0.2.1', network: '192.0.2.1' },
    { ip: '::ffff:192.0.2.1', network: '192.0.2.1' },
    { ip: '2001:db8:1:2:3:4:5:6', network: '2001:db8:1:2::/64' },
    { ip: '2001:DB8:0001:2::6', network: '2001:db8:1:2::/64' },
    { ip: '2001:db8::6', network: '2001:db8:0:0::/64' },
    { ip: '::1', network: '0:0:0:0::/64' },
    { ip: 'fe80::1%eth0', network: 'fe80:0:0:0::/64' },
  ])('counts $ip as $network', ({ ip, network }) => {
    expect(networkOf(ip)).toBe(network);
  });
});
