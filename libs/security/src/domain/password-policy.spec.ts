import { passwordProblem } from './password-policy.js';

describe('passwordProblem', () => {
  it.each(['correct horse battery staple', 'x7#kQ2!mPz9w', 'ein sehr langer Satz', 'пароль-из-слов-12', 'a'.repeat(40) + 'bcde fgh'])(
    'accepts %j',
    (password) => {
      expect(passwordProblem(password, 'ada@example.com')).toBeNull();
    },
  );

  it.each([
    'x7#kQ2!mPz9',
    'x'.repeat(129),
    'aaaaaaaaaaaa',
    'abababababab',
    '123456789012',
    'abcdefghijklm',
    '210987654321',
    'Password1234',
    'password!!!!!',
    'qwertyuiop12',
    'ada.lovelace1',
  ])('refuses %j', (password) => {
    expect(passwordProblem(password, 'ada.lovelace@example.com')).not.toBeNull();
  });
});
