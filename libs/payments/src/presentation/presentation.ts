/** How a device tells the person in front of it what became of a payment: speech, lights and beeps, a screen, a touch, a receipt. */
import { type DeviceType } from '#devices';
import { assertNever, type Money } from '#kernel';
import { type PaymentStatus } from '../domain/payment-status.js';
import { shownAmount, spokenAmountText } from './amount-text.js';
import { receiptLines } from './receipt.js';

/** What a presentation needs to know of a payment. */
export interface PresentablePayment {
  readonly id: string;
  readonly status: PaymentStatus;
  /** Whether the processor's answer is missing; see `outcomeCertainty` of the API. */
  readonly outcomeCertainty: 'known' | 'unknown';
  readonly amount: Money;
  readonly tipMinor: number;
  readonly taxMinor: number;
  /** Whether the last attempt was declined. */
  readonly isDeclined: boolean;
  /** Where the payer passes the challenge, when one is open. */
  readonly actionUrl: string | null;
  readonly merchantName: string;
  /** The merchant's IANA time zone, for the date on the receipt. */
  readonly timeZone: string;
  readonly createdAt: Date;
}

/** What became of the payment, as far as the person at the device is concerned. */
export type PresentedOutcome = 'paid' | 'authorized' | 'noted' | 'waiting' | 'unknown' | 'action' | 'declined' | 'refused' | 'canceled';

/** Words for an assistant's voice. */
export interface Speech {
  readonly kind: 'speech';
  readonly text: string;
}

/** One light and a series of beeps, for devices that have nothing else. */
export interface Signal {
  readonly kind: 'signal';
  readonly led: {
    readonly color: 'green' | 'amber' | 'red' | 'blue';
    readonly pattern: 'steady' | 'slow_blink' | 'fast_blink';
    readonly durationMs: number;
  };
  /** Played in order; `pauseMs` of silence follows each. */
  readonly beeps: readonly { readonly frequencyHz: number; readonly durationMs: number; readonly pauseMs: number }[];
}

/** A card that fills the screen. */
export interface Screen {
  readonly kind: 'screen';
  readonly tone: 'success' | 'progress' | 'attention' | 'failure';
  readonly title: string;
  readonly text: string;
  readonly amountText: string;
  /** Opened by a button where the payer can use one, and shown as a QR code where not. */
  readonly action: { readonly url: string; readonly shownAs: 'button' | 'qr' } | null;
  /** `null`: stays until the payment changes or the person leaves. */
  readonly dismissAfterMs: number | null;
}

/** A touch: milliseconds of vibration and of rest in turn, beginning and ending with vibration. */
export interface Haptic {
  readonly kind: 'haptic';
  readonly patternMs: readonly number[];
}

/** A slip of paper. */
export interface Receipt {
  readonly kind: 'receipt';
  readonly widthCharacters: number;
  /** Each at most `widthCharacters` long, without control characters, so that no name can command the printer. */
  readonly lines: readonly string[];
}

/** One way to present a payment. */
export type Presentation = Speech | Signal | Screen | Haptic | Receipt;

/** Every way to present a payment. */
export const PRESENTATION_KINDS = ['speech', 'signal', 'screen', 'haptic', 'receipt'] as const satisfies readonly Presentation['kind'][];

/** The ways each device type has, the main one first. */
export const PRESENTATIONS_BY_DEVICE_TYPE: Readonly<Record<DeviceType, readonly Presentation['kind'][]>> = {
  smartphone: ['screen', 'haptic'],
  tablet: ['screen', 'haptic'],
  smart_tv: ['screen'],
  iot_device: ['signal'],
  voice_assistant: ['speech'],
  gaming_console: ['screen', 'haptic'],
  pos_terminal: ['receipt', 'signal'],
  kiosk: ['screen', 'receipt'],
  web_browser: ['screen'],
  vehicle: ['speech', 'screen'],
};

/** Devices whose screen nobody types on: a challenge goes on on the payer's phone. */
const SHOWS_QR: readonly DeviceType[] = ['smart_tv', 'kiosk', 'gaming_console', 'vehicle'];

interface Style {
  readonly tone: Screen['tone'];
  readonly title: string;
  readonly text: string;
  readonly color: Signal['led']['color'];
  readonly pattern: Signal['led']['pattern'];
  readonly beepsHz: readonly number[];
  readonly hapticMs: readonly number[];
  readonly dismissAfterMs: number | null;
}

const LIGHT_MS = 3_000;
const BEEP_MS = 120;
const SILENCE_MS = 80;
const HIGH_HZ = 1_760;
const LOW_HZ = 440;

const SUCCESS = { tone: 'success', color: 'green', pattern: 'steady', beepsHz: [HIGH_HZ], hapticMs: [80], dismissAfterMs: 5_000 } as const;
const PROGRESS = { tone: 'progress', color: 'blue', pattern: 'slow_blink', beepsHz: [], hapticMs: [40], dismissAfterMs: null } as const;
const ATTENTION = {
  tone: 'attention',
  color: 'amber',
  pattern: 'fast_blink',
  beepsHz: [HIGH_HZ, HIGH_HZ],
  hapticMs: [60, 60, 60],
  dismissAfterMs: null,
} as const;
const FAILURE = {
  tone: 'failure',
  color: 'red',
  pattern: 'fast_blink',
  beepsHz: [LOW_HZ, LOW_HZ],
  hapticMs: [200, 100, 200],
  dismissAfterMs: 10_000,
} as const;

/**
 * One style for all devices. A refusal by the fraud rules gives no reason; an unknown outcome asks not to pay again, because the money may
 * have moved; only what is paid, reserved or noted may look and sound like success.
 */
const STYLES: Readonly<Record<PresentedOutcome, Style>> = {
  paid: { ...SUCCESS, title: 'Paid', text: 'Thank you.' },
  authorized: { ...SUCCESS, title: 'Approved', text: 'The amount is reserved until it is charged.' },
  noted: { ...SUCCESS, title: 'Noted', text: 'It will be charged together with other small amounts.', pattern: 'slow_blink' },
  waiting: { ...PROGRESS, title: 'One moment', text: 'The payment is being checked.' },
  unknown: { ...PROGRESS, title: 'One moment', text: 'We are finding out what happened. Please do not pay again.' },
  action: { ...ATTENTION, title: 'Please confirm', text: 'Your bank asks you to confirm this payment.' },
  declined: { ...FAILURE, title: 'Declined', text: 'Please use another payment method.' },
  refused: { ...FAILURE, title: 'Not possible', text: 'This payment cannot be made.', pattern: 'steady' },
  canceled: { ...FAILURE, title: 'Canceled', text: 'Nothing was charged.', pattern: 'steady', beepsHz: [LOW_HZ], hapticMs: [200] },
};

/** How a device of that type presents a payment, the main way first. */
export function presentationFor(deviceType: DeviceType, payment: PresentablePayment): readonly Presentation[] {
  const outcome = outcomeOf(payment);
  return PRESENTATIONS_BY_DEVICE_TYPE[deviceType].map((kind) => present(kind, deviceType, payment, outcome));
}

/** What became of a payment, for the person at the device. */
export function outcomeOf(payment: Pick<PresentablePayment, 'status' | 'outcomeCertainty' | 'isDeclined'>): PresentedOutcome {
  switch (payment.status) {
    case 'succeeded':
      return 'paid';
    case 'requires_capture':
      return 'authorized';
    case 'accumulating':
      return 'noted';
    case 'blocked':
      return 'refused';
    case 'canceled':
      return 'canceled';
    case 'requires_action':
      return 'action';
    case 'requires_payment_method':
      return payment.isDeclined ? 'declined' : 'waiting';
    case 'in_review':
    case 'requires_confirmation':
    case 'processing':
      return payment.outcomeCertainty === 'unknown' ? 'unknown' : 'waiting';
    default:
      return assertNever(payment.status, 'payment status');
  }
}

function present(kind: Presentation['kind'], deviceType: DeviceType, payment: PresentablePayment, outcome: PresentedOutcome): Presentation {
  const look = STYLES[outcome];
  switch (kind) {
    case 'speech':
      return { kind, text: `${look.title}: ${spokenAmountText(payment.amount)}. ${look.text}` };
    case 'signal': {
      const beeps = look.beepsHz.map((frequencyHz) => ({ frequencyHz, durationMs: BEEP_MS, pauseMs: SILENCE_MS }));
      return { kind, led: { color: look.color, pattern: look.pattern, durationMs: LIGHT_MS }, beeps };
    }
    case 'screen': {
      const shownAs = SHOWS_QR.includes(deviceType) ? 'qr' : 'button';
      const action = outcome === 'action' && payment.actionUrl !== null ? ({ url: payment.actionUrl, shownAs } as const) : null;
      const { tone, title, text, dismissAfterMs } = look;
      return { kind, tone, title, text, amountText: shownAmount(payment.amount), action, dismissAfterMs };
    }
    case 'haptic':
      return { kind, patternMs: look.hapticMs };
    case 'receipt':
      return { kind, ...receiptLines(payment, look.title) };
    default:
      return assertNever(kind, 'presentation');
  }
}
