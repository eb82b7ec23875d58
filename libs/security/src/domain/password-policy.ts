/** Which passwords are refused when they are chosen. Length rules, composition does not (ASVS 5.0, 6.2; PCI DSS 8.3.6 asks for 12). */

/** Characters of a password, inclusive. */
export const PASSWORD_LENGTH = { min: 12, max: 128 } as const;

// The stems of the most used passwords of twelve characters and more; with digits around they are no better.
const COMMON_STEMS = [
  'password',
  'passw0rd',
  'qwertyuiop',
  'asdfghjkl',
  'letmein',
  'iloveyou',
  'administrator',
  'welcome',
  'changeme',
  'universalpayment',
];
const MIN_DIFFERENT_CHARACTERS = 5;

/**
 * Why a password is refused; null when it is fine.
 *
 * @param email - Its owner's address: a password made of it is the first one tried.
 */
export function passwordProblem(password: string, email: string): string | null {
  if (password.length < PASSWORD_LENGTH.min || password.length > PASSWORD_LENGTH.max) {
    return `The password must have ${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters.`;
  }
  const plain = password.toLowerCase();
  if (new Set(plain).size < MIN_DIFFERENT_CHARACTERS) return 'The password repeats too few characters.';
  if (isRun(plain)) return 'The password is a run of neighbouring characters.';
  const letters = plain.replace(/[^a-z]/g, '');
  if (COMMON_STEMS.some((stem) => plain.includes(stem) && letters.length <= stem.length + 4)) return 'The password is too common.';
  const [name = ''] = email.toLowerCase().split('@', 1);
  if (name.length >= 4 && plain.includes(name) && plain.length < name.length + 8) return 'The password is made of the e-mail address.';
  return null;
}

/** Whether each character follows the one before: 123456789012, abcdefghijkl and back. */
function isRun(text: string): boolean {
  const steps = Array.from({ length: text.length - 1 }, (_, index) => Math.abs(text.charCodeAt(index + 1) - text.charCodeAt(index)));
  return steps.filter((step) => step === 1 || step === 9).length >= steps.length - 1;
}
