import type { Scene, Shop } from './day.js';

const OUTCOMES = ['succeeded', 'declined', 'in review', 'blocked', '3-D Secure', 'accumulating', 'unknown', 'failed'] as const;
/** How a payment of the day ended. */
export type Outcome = (typeof OUTCOMES)[number];

const BAR_WIDTH = 40;

/** Counts the day, shows how far it is, and prints the table at its end. */
export class Tally {
  private readonly counts = new Map<string, Map<Outcome, number>>();
  private readonly surprises: string[] = [];
  private done = 0;

  constructor(private readonly total: number) {}

  /** Payments that ended as none should. */
  get failures(): number {
    return this.surprises.length;
  }

  count(shop: Shop, outcome: Outcome, scene: Scene, body: unknown): void {
    const row = this.counts.get(shop.businessType) ?? new Map<Outcome, number>();
    row.set(outcome, (row.get(outcome) ?? 0) + 1);
    this.counts.set(shop.businessType, row);
    if (outcome === 'failed') this.surprises.push(`${shop.name}, ${scene.description}: ${JSON.stringify(body)}`);
    this.done++;
    this.showProgress(shop, scene);
  }

  print(): void {
    if (process.stdout.isTTY) process.stdout.write('\r\u001b[K');
    const seen = OUTCOMES.filter((outcome) => [...this.counts.values()].some((row) => row.has(outcome)));
    const line = (name: string, cells: readonly (string | number)[]): string =>
      `${name.padEnd(14)}${cells.map((cell) => String(cell).padStart(13)).join('')}`;
    console.log(line('', seen));
    for (const [type, row] of this.counts)
      console.log(
        line(
          type,
          seen.map((outcome) => row.get(outcome) ?? 0),
        ),
      );
    console.log(
      line(
        'all',
        seen.map((outcome) => [...this.counts.values()].reduce((sum, row) => sum + (row.get(outcome) ?? 0), 0)),
      ),
    );
    for (const surprise of this.surprises) console.error(`unexpected: ${surprise}`);
  }

  private showProgress(shop: Shop, scene: Scene): void {
    if (!process.stdout.isTTY) {
      if (this.done % 10 === 0 || this.done === this.total) console.log(`${String(this.done)} of ${String(this.total)} payments`);
      return;
    }
    const filled = Math.round((this.done / this.total) * BAR_WIDTH);
    const text = `[${'█'.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}] ${String(this.done)}/${String(this.total)}  ${shop.name}: ${scene.description}`;
    process.stdout.write(`\r\u001b[K${text}`.slice(0, 5 + (process.stdout.columns || 80)));
  }
}
