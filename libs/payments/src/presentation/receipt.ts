/** The lines of a printed receipt. */
import { localTimeAt, money } from '#kernel';
import { printedAmount } from './amount-text.js';
import { type PresentablePayment, type Receipt } from './presentation.js';

/** What the common 58 mm paper takes. */
const WIDTH = 32;
/** A name longer than this is cut: a receipt is not a page. */
const MAX_NAME_LINES = 3;

/** A receipt: who, when, the parts of the amount when there are any, the total, what became of it, and the payment's id. */
export function receiptLines(payment: PresentablePayment, outcome: string): Omit<Receipt, 'kind'> {
  const { amount, tipMinor, taxMinor } = payment;
  const baseMinor = amount.amountMinor - tipMinor - taxMinor;
  const part = (label: string, amountMinor: number) => inTwoColumns(label, printedAmount(money(amountMinor, amount.currency)));
  const parts = [
    ...(tipMinor + taxMinor > 0 ? part('Amount', baseMinor) : []),
    ...(tipMinor > 0 ? part('Tip', tipMinor) : []),
    ...(taxMinor > 0 ? part('Tax', taxMinor) : []),
  ];
  const lines = [
    ...wrapped(payment.merchantName).slice(0, MAX_NAME_LINES),
    localMinute(payment),
    '-'.repeat(WIDTH),
    ...parts,
    ...part('Total', amount.amountMinor),
    '-'.repeat(WIDTH),
    outcome.toUpperCase(),
    ...wrapped(payment.id),
  ];
  return { widthCharacters: WIDTH, lines };
}

function localMinute({ createdAt, timeZone }: PresentablePayment): string {
  const { year, month, day, hour, minute } = localTimeAt(createdAt, timeZone);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}`;
}

/** A label on the left and an amount on the right; on two lines when one is too short, because an amount is never cut. */
function inTwoColumns(label: string, value: string): readonly string[] {
  const gap = WIDTH - label.length - value.length;
  return gap > 0 ? [label + ' '.repeat(gap) + value] : [label, value.padStart(WIDTH)];
}

/** Lines of the width, without control characters, which would be commands to the printer. */
function wrapped(text: string): readonly string[] {
  const printable = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ').trim();
  const letters = Array.from(printable);
  const count = Math.ceil(letters.length / WIDTH);
  return Array.from({ length: count }, (_, index) => letters.slice(index * WIDTH, (index + 1) * WIDTH).join(''));
}
