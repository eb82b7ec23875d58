/** What a device may send instead of plain fields, and what comes of it: the fields of a payment, or a refusal that says what is unclear. */
import { type DeviceType } from '#devices';
import { type CurrencyCode, isCurrencyCode } from '#kernel';
import { type PaymentMethod } from '#merchants';

/** Every native form. */
export const INPUT_KINDS = ['nfc_tap', 'qr_scan', 'voice_command', 'sensor_trigger', 'controller_input', 'manual_entry'] as const;

/** A native form of input, named by `input.kind`. */
export type InputKind = (typeof INPUT_KINDS)[number];

/** The forms a device of each type has the parts for. */
export const INPUT_KINDS_BY_DEVICE_TYPE: Readonly<Record<DeviceType, readonly InputKind[]>> = {
  smartphone: ['nfc_tap', 'qr_scan', 'voice_command', 'manual_entry'],
  tablet: ['nfc_tap', 'qr_scan', 'voice_command', 'manual_entry'],
  smart_tv: ['qr_scan', 'voice_command', 'controller_input', 'manual_entry'],
  iot_device: ['sensor_trigger', 'voice_command', 'manual_entry'],
  voice_assistant: ['voice_command'],
  gaming_console: ['controller_input', 'voice_command', 'manual_entry'],
  pos_terminal: ['nfc_tap', 'manual_entry'],
  kiosk: ['nfc_tap', 'qr_scan', 'manual_entry'],
  web_browser: ['voice_command', 'manual_entry'],
  vehicle: ['sensor_trigger', 'voice_command', 'manual_entry'],
};

/** What is known of a payment before its input is looked at. */
export interface InputDefaults {
  /** The currency when the input names none, and the one that words such as "dollars" and "cents" mean when several would do. */
  readonly currency?: CurrencyCode;
  /** The least confidence, 0 … 1, with which a transcript is believed; 0.85 when not given. */
  readonly voiceConfidenceThreshold?: number;
}

/** The fields of a payment that an input stands for. */
export interface TranslatedInput {
  /** Minor units of `currency`, 1 … 999 999 999 999. */
  readonly amountMinor: number;
  readonly currency: CurrencyCode;
  readonly method: PaymentMethod;
  /** What the input says the payment is for: a QR code's reference, a sensor, an item. */
  readonly reference?: string;
  /** Years: the item may only be sold from that age on. */
  readonly minimumAge?: number;
}

/** Every code of a refusal. */
export type InputRefusalCode =
  | 'input_malformed'
  | 'input_not_supported_by_device'
  | 'input_not_confirmed'
  | 'amount_missing'
  | 'amount_ambiguous'
  | 'amount_unit_missing'
  | 'amount_too_precise'
  | 'amount_out_of_range'
  | 'currency_missing'
  | 'currency_ambiguous'
  | 'currency_unknown'
  | 'qr_checksum_wrong'
  | 'voice_confidence_too_low';

/** Why an input is not a payment. */
export interface InputRefusal {
  readonly code: InputRefusalCode;
  /** The field at fault, as in `input.transcript`. */
  readonly param: string;
  /** What the device should ask the person at it; `null` when a person cannot help. */
  readonly prompt: string | null;
}

/** The outcome of a translation. */
export type InputResult =
  { readonly kind: 'translated'; readonly fields: TranslatedInput } | { readonly kind: 'refused'; readonly refusal: InputRefusal };

/** An amount on its way through a translation: found, or the code of what is wrong with it. */
export type AmountResult =
  | { readonly kind: 'amount'; readonly amountMinor: number; readonly currency: CurrencyCode }
  | { readonly kind: 'problem'; readonly code: InputRefusalCode };

/** An input as it came: an object with a kind, whose other fields each translator checks for itself. */
export type RawInput = Readonly<Record<string, unknown>>;

/** Twelve digits, the most that EMV's amounts have; the business type's bounds are far below. */
export const MAX_AMOUNT_MINOR = 999_999_999_999;
/** A reference longer than this is not one. */
const MAX_REFERENCE_LENGTH = 200;

/** A refusal of the field `input.<field>`. */
export function refused(code: InputRefusalCode, field: string, prompt: string | null = null): InputResult {
  return { kind: 'refused', refusal: { code, param: `input.${field}`, prompt } };
}

/** The currency that an input names in its field `currency`, or the default, or a code for what is wrong. */
export function currencyFrom(input: RawInput, defaults: InputDefaults): CurrencyCode | InputRefusalCode {
  if (input.currency === undefined) return defaults.currency ?? 'currency_missing';
  return isCurrencyCode(input.currency) ? input.currency : 'currency_unknown';
}

/** Whether `value` is a chargeable number of minor units; floats, text and zero are not. */
export function isAmountMinor(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MAX_AMOUNT_MINOR;
}

/** The whole input as fields, when its `amount` and `currency` are plain minor units and a code, as machines send them. */
export function fromPlainAmount(
  input: RawInput,
  defaults: InputDefaults,
  rest: Omit<TranslatedInput, 'amountMinor' | 'currency'>,
): InputResult {
  const currency = currencyFrom(input, defaults);
  if (!isCurrencyCode(currency)) return refused(currency, 'currency');
  if (input.amount === undefined || input.amount === null) return refused('amount_missing', 'amount');
  if (!isAmountMinor(input.amount)) return refused('amount_out_of_range', 'amount');
  return { kind: 'translated', fields: { amountMinor: input.amount, currency, ...rest } };
}

/** `{ reference }` when `value` is a short text, else nothing. */
export function referenceFrom(value: unknown): { readonly reference?: string } {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_REFERENCE_LENGTH ? { reference: value } : {};
}
