import { parseListCsv } from './blacklist-csv.js';
import { maskListValue, normaliseListValue, type ListKind } from './list-value.js';

const NOW = new Date('2026-11-23T12:00:00Z');

describe('normaliseListValue', () => {
  it.each<[ListKind, string, string | null]>([
    ['email', ' Mallory+shop@Example.COM ', 'mallory@example.com'],
    ['email', 'no-address', null],
    ['email_domain', '@Example.com', 'example.com'],
    ['email_domain', 'com', null],
    ['ip', '192.0.2.1', '192.0.2.1'],
    ['ip', '::FFFF:192.0.2.1', '192.0.2.1'],
    ['ip', '2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['ip', 'fe80::1%eth0', null],
    ['ip', '192.0.2.256', null],
    ['cidr', '198.51.100.0/24', '198.51.100.0/24'],
    ['cidr', '0.0.0.0/0', null],
    ['cidr', '10.0.0.0/7', null],
    ['cidr', '2001:db8::/16', '2001:db8::/16'],
    ['cidr', '2001:db8::/129', null],
    ['bin', '424242', '424242'],
    ['bin', '42424', null],
    ['country', 'de', 'DE'],
    ['country', 'deu', null],
    ['device', 'dev_1', 'dev_1'],
    ['device', 'dev 1', null],
    ['customer', '', null],
  ])('%s %j becomes %j', (kind, value, expected) => {
    expect(normaliseListValue(kind, value)).toBe(expected);
  });
});

describe('maskListValue', () => {
  it.each<[ListKind, string, string]>([
    ['email', 'mallory@example.com', 'm…@example.com'],
    ['ip', '192.0.2.1', '192.0.…'],
    ['ip', '2001:db8::1', '2001:db8:…'],
    ['card_fingerprint', 'Xt5EWLLDS7FJjR1c', '…jR1c'],
    ['device', 'dev_1', 'dev_1'],
  ])('shows of the %s %s only %s', (kind, value, expected) => {
    expect(maskListValue(kind, value)).toBe(expected);
  });
});

describe('parseListCsv', () => {
  it('reads quotes, empty fields and Windows line ends', () => {
    const { entries, problems } = parseListCsv('kind,value,list,reason,expiresAt\r\nbin,424242,,"tests, said ""Bob""",\r\n\r\n', NOW);

    expect(problems).toEqual([]);
    expect(entries).toEqual([{ kind: 'bin', value: '424242', list: 'block', reason: 'tests, said "Bob"', expiresAt: null }]);
  });

  it('names every line at fault', () => {
    const csv = 'kind,value,reason,expiresAt\nfax,1,r,\nip,1,r,\nbin,424242,,\nbin,424242,r,2020-01-01T00:00:00Z\n';

    expect(parseListCsv(csv, NOW).problems.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
  });

  it('refuses a file without its header', () => {
    expect(parseListCsv('bin,424242\n', NOW).problems).toEqual([
      { line: 1, problem: 'the header must be kind,value,list,reason,expiresAt' },
    ]);
  });
});
