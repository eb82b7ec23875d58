/** Payments that arrive when they please: an open model, in which a slow server meets a queue instead of patient clients. */
import { Agent, request } from 'node:http';

/** Where requests go, and what the n-th of them is. */
export interface PaymentTarget {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyOf: (index: number) => unknown;
}

/** One payment that was answered. */
export interface AnsweredPayment {
  readonly status: number;
  readonly body: string;
  /** From the instant at which it was to be sent, so that a late sender hides nothing. */
  readonly totalMs: number;
}

/** What a run measured. */
export interface PaymentRun {
  readonly offered: number;
  readonly answers: readonly AnsweredPayment[];
  /** From the first arrival to the last answer. */
  readonly seconds: number;
}

// Whoever has no answer by then has given up.
const PATIENCE_MS = 20_000;

/**
 * Sends requests with exponential gaps (Poisson arrivals) for `seconds`, whatever becomes of those before, and waits for all answers.
 *
 * @param onInFlight - Told how many wait for their answer, at each arrival.
 */
export async function arrive(
  target: PaymentTarget,
  load: { readonly perSecond: number; readonly seconds: number; readonly firstIndex: number; readonly prefix: string },
  onInFlight: (count: number) => void,
): Promise<PaymentRun> {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const answers: AnsweredPayment[] = [];
  const waiting = new Set<Promise<void>>();
  const startedMs = performance.now();
  let offered = 0;
  for (let atMs = gapMs(load.perSecond); atMs < load.seconds * 1_000; atMs += gapMs(load.perSecond)) {
    const pauseMs = startedMs + atMs - performance.now();
    if (pauseMs > 1) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const index = load.firstIndex + offered++;
    const sent = send(agent, target, index, `${load.prefix}-${String(index)}`, startedMs + atMs).then((answer) => {
      answers.push(answer);
      waiting.delete(sent);
    });
    waiting.add(sent);
    onInFlight(waiting.size);
  }
  await Promise.all(waiting);
  agent.destroy();
  return { offered, answers, seconds: (performance.now() - startedMs) / 1_000 };
}

function gapMs(perSecond: number): number {
  return (-Math.log(1 - Math.random()) * 1_000) / perSecond;
}

function send(agent: Agent, target: PaymentTarget, index: number, key: string, dueMs: number): Promise<AnsweredPayment> {
  const payload = Buffer.from(JSON.stringify(target.bodyOf(index)));
  return new Promise((resolve) => {
    const end = (status: number, body: string): void => {
      resolve({ status, body, totalMs: performance.now() - dueMs });
    };
    const sent = request(
      {
        agent,
        port: target.port,
        host: '127.0.0.1',
        path: target.path,
        method: 'POST',
        timeout: PATIENCE_MS,
        headers: {
          ...target.headers,
          'content-type': 'application/json',
          'content-length': String(payload.length),
          'idempotency-key': key,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          end(response.statusCode ?? 0, Buffer.concat(chunks).toString());
        });
      },
    );
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => {
      end(0, '');
    });
    sent.end(payload);
  });
}
