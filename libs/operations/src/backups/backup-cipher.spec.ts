import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BackupUnreadableError, decryptBackup, encryptBackup } from './backup-cipher.js';

const SECRET = 'a secret of the tests, long enough';
const OTHER = 'another secret of the tests, as long';
const FRAME = 1_048_576;

function encrypt(content: Buffer): Promise<Buffer> {
  return buffer(Readable.from([content]).pipe(encryptBackup(SECRET)));
}

function decrypt(content: Buffer, secrets: readonly string[] = [SECRET]): Promise<Buffer> {
  const stream = Readable.from([content]).pipe(decryptBackup(secrets));
  return buffer(stream);
}

describe('encryptBackup and decryptBackup', () => {
  it.each([0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME + 7])('return %i bytes unchanged', async (length) => {
    const content = randomBytes(length);

    expect((await decrypt(await encrypt(content))).equals(content)).toBe(true);
  });

  it('refuse another key', async () => {
    await expect(decrypt(await encrypt(Buffer.from('x')), [OTHER])).rejects.toThrow(BackupUnreadableError);
  });

  it.each([1, FRAME + 1])('open %i bytes with any of several keys', async (length) => {
    const content = randomBytes(length);

    expect((await decrypt(await encrypt(content), [OTHER, SECRET])).equals(content)).toBe(true);
  });

  it.each([
    { what: 'one changed bit', change: (file: Buffer) => file.fill((file[100] ?? 0) ^ 1, 100, 101) },
    { what: 'a lost end', change: (file: Buffer) => file.subarray(0, file.length - 1) },
    { what: 'a lost last frame', change: (file: Buffer) => file.subarray(0, 40 + 4 + FRAME + 16) },
    { what: 'swapped frames', change: (file: Buffer) => swapFrames(file) },
    { what: 'something behind the end', change: (file: Buffer) => Buffer.concat([file, Buffer.from('x')]) },
    { what: 'another kind of file', change: () => Buffer.from('PK\u0003\u0004'.repeat(50)) },
    { what: 'nothing', change: () => Buffer.alloc(0) },
  ])('refuse $what', async ({ change }) => {
    const file = await encrypt(randomBytes(2 * FRAME + 5));

    await expect(decrypt(change(file))).rejects.toThrow(BackupUnreadableError);
  });
});

function swapFrames(file: Buffer): Buffer {
  const size = 4 + FRAME + 16;
  const [head, first, second, rest] = [
    file.subarray(0, 40),
    file.subarray(40, 40 + size),
    file.subarray(40 + size, 40 + 2 * size),
    file.subarray(40 + 2 * size),
  ];
  return Buffer.concat([head, second, first, rest]);
}
