/**
 * `node dist/scripts/wal-archive.js <file>`: stores one file of the WAL beside the backups, encrypted.
 *
 * PostgreSQL runs it as its `archive_command` and keeps the file until it has ended with 0 (docs/operations.md, "To any instant").
 */
// Side doors: this program starts once for each 16 MB of WAL, and the front doors lead to everything.
import { openWalArchive } from '#operations/wal-archive';
import { backupsConfigOf, processEnvironment } from '#platform/config';

try {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Error('give the file to archive: %p of archive_command');
  await openWalArchive(backupsConfigOf(processEnvironment())).put(file);
} catch (error) {
  // It goes into the server's log, and the server tries again.
  console.error((error as Error).message);
  process.exitCode = 1;
}
