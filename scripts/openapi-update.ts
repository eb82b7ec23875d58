/**
 * Takes the document of a running api as the released one: `npm run openapi:update -- http://127.0.0.1:3000`.
 *
 * Writes docs/openapi.json and the types of the client, and prints what breaks older clients; a release with such changes is a major one.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ApiDocument, breakingChanges } from './openapi-changes.js';
import { clientTypes } from './openapi-client.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const DOCUMENT = path.join(ROOT, 'docs/openapi.json');
const CLIENT = path.join(ROOT, 'clients/typescript/src/schema.d.ts');

const [url = 'http://127.0.0.1:3000'] = process.argv.slice(2);
const response = await fetch(new URL('/openapi.json', url));
if (!response.ok) throw new Error(`${url} has no document: ${response.status}`);
const after = (await response.json()) as ApiDocument;
const before = await readFile(DOCUMENT, 'utf8').then(
  (text) => JSON.parse(text) as ApiDocument,
  () => null,
);
await writeFile(DOCUMENT, `${JSON.stringify(after, null, 2)}\n`);
await writeFile(CLIENT, clientTypes(after));
const changes = before === null ? [] : breakingChanges(before, after);
for (const change of changes) console.log(change);
console.log(`${Object.keys(after.paths).length} paths, ${changes.length} breaking changes`);
