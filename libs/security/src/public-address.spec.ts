import { addressList, isCidr, isPublicAddress, listHolds } from './public-address.js';

describe('isPublicAddress', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.15.255.255', '172.32.0.0', '100.128.0.0', '2606:4700::1111', '2a00:1450::1'])(
    'accepts %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::a00:1',
    'fd00:ec2::254',
    'fe80::1',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'example.com',
    '',
  ])('refuses %j', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('isCidr', () => {
  it.each(['192.0.2.0/24', '0.0.0.0/0', '2001:db8::/32', '192.0.2.1/32'])('accepts %s', (text) => {
    expect(isCidr(text)).toBe(true);
  });

  it.each(['192.0.2.0', '192.0.2.0/33', '2001:db8::/129', '192.0.2/24', 'a/8', '/8', '1.2.3.4/-1', '1.2.3.4/8; drop'])(
    'refuses %s',
    (text) => {
      expect(isCidr(text)).toBe(false);
    },
  );
});

describe('addressList', () => {
  it('holds its networks and single addresses', () => {
    const list = addressList(['192.0.2.0/24', '2001:db8::/32', '198.51.100.7']);

    expect(['192.0.2.9', '2001:db8:5::1', '198.51.100.7'].map((address) => listHolds(list, address))).toEqual([true, true, true]);
    expect(['192.0.3.1', '2001:db9::1', '198.51.100.8', 'x'].map((address) => listHolds(list, address))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
