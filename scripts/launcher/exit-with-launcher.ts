/**
 * Preloaded into every child of the launcher (`node --import`): when the channel to the launcher closes, the launcher is gone, killed even,
 * and the child ends as if it had been asked to. So no service needs to know of the launcher.
 */

/** A child that has not drained by then exits all the same: the next start waits for it. */
const DRAIN_TIMEOUT_MS = 6_000;

// Nobody reads what we print any more; that must not cut the drain off.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

process.once('disconnect', () => {
  setTimeout(() => process.exit(1), DRAIN_TIMEOUT_MS).unref();
  process.kill(process.pid, 'SIGTERM');
});
// The channel alone is no reason to stay alive.
process.channel?.unref();
