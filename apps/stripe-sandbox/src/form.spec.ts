import { StripeError } from './errors.js';
import { parseForm } from './form.js';

describe(parseForm.name, () => {
  it.each<[string, string, object]>([
    ['plain names', 'a=1&b=x+y%21', { a: '1', b: 'x y!' }],
    ['hashes', 'a[b]=1&a[c][d]=2', { a: { b: '1', c: { d: '2' } } }],
    ['numbered lists', 'a[0]=x&a[1]=y', { a: { 0: 'x', 1: 'y' } }],
    ['lists without numbers', 'a[]=x&a[]=y', { a: { 0: 'x', 1: 'y' } }],
    ['hashes in lists', 'a[0][b]=x&a[0][c]=y', { a: { 0: { b: 'x', c: 'y' } } }],
    ['encoded brackets', 'a%5Bb%5D=1', { a: { b: '1' } }],
    ['empty values', 'a=&b', { a: '', b: '' }],
    ['names of JavaScript', '__proto__[a]=1&constructor=2', JSON.parse('{"__proto__":{"a":"1"},"constructor":"2"}') as object],
    ['nothing', '', {}],
  ])('reads %s', (_, text, expected) => {
    expect(JSON.stringify(parseForm(text))).toBe(JSON.stringify(expected));
  });

  it.each([
    ['bytes that are no UTF-8', 'a=%ff'],
    ['a name that is text and hash', 'a=1&a[b]=2'],
    ['a bracket that does not close', 'a[b=1'],
    ['more than twelve levels', `a${'[b]'.repeat(13)}=1`],
    ['more than two thousand pairs', 'a=1&'.repeat(2_001)],
  ])('refuses %s', (_, text) => {
    expect(() => parseForm(text)).toThrow(StripeError);
  });
});
