/**
 * The state file: one JSON line per commit. A line is written before the answer it belongs to, so a killed process loses no answered
 * write; the last line may be cut off, and is then left out. At each start the file is rewritten as one line per collection.
 * The lines go to the operating system without a flush to disk: a power failure may lose the newest.
 */
import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { type Change, type Store } from './store.js';

const READ_BYTES = 1 << 20;

/** The open journal of a store. */
export class Journal {
  private constructor(private readonly file: number) {}

  /** Loads `path` into the store, compacts it, and writes every later commit to it. */
  static open(path: string, store: Store): Journal {
    if (existsSync(path)) for (const change of readChanges(path)) store.apply(change);
    const compacted = `${path}.new`;
    const file = openSync(compacted, 'w', 0o600);
    for (const change of store.snapshot()) writeWhole(file, `${JSON.stringify(change)}\n`);
    fsyncSync(file);
    // The rename replaces the old file in one step: whichever of the two a crash leaves is complete.
    renameSync(compacted, path);
    const journal = new Journal(file);
    store.listen((change) => {
      writeWhole(file, `${JSON.stringify(change)}\n`);
    });
    return journal;
  }

  /** Closes the file; nothing may be committed after it. */
  close(): void {
    closeSync(this.file);
  }
}

function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

function* readChanges(path: string): Generator<Change> {
  const file = openSync(path, 'r');
  const chunk = Buffer.allocUnsafe(READ_BYTES);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
    const lines = (rest + decoder.write(chunk.subarray(0, read))).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Change;
  }
  // What follows the last line end was cut off by a kill before its answer was sent: it never happened.
  closeSync(file);
}
