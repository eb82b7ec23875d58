/** The door to the native forms: which device may send which, and who reads it. */
import { canPresent, type DeviceType } from '#devices';
import { type PaymentMethod } from '#merchants';
import { translateControllerInput, translateNfcTap, translateSensorTrigger } from './machine-inputs.js';
import { translateManualEntry } from './manual-entry.js';
import {
  INPUT_KINDS,
  INPUT_KINDS_BY_DEVICE_TYPE,
  type InputDefaults,
  type InputKind,
  type InputResult,
  type RawInput,
  refused,
} from './native-input.js';
import { translateQrScan } from './qr-scan.js';
import { translateVoiceCommand } from './voice-command.js';

type Translator = (input: RawInput, defaults: InputDefaults, method: PaymentMethod) => InputResult;

const TRANSLATORS: Readonly<Record<InputKind, Translator>> = {
  nfc_tap: translateNfcTap,
  qr_scan: translateQrScan,
  voice_command: translateVoiceCommand,
  sensor_trigger: translateSensorTrigger,
  controller_input: translateControllerInput,
  manual_entry: translateManualEntry,
};

/** How each form presents the payer's method where the device can; everywhere else it is the stored card. */
const METHOD_BY_KIND: Readonly<Record<InputKind, PaymentMethod>> = {
  nfc_tap: 'nfc',
  qr_scan: 'qr',
  voice_command: 'voice',
  sensor_trigger: 'card',
  controller_input: 'card',
  manual_entry: 'card',
};

/**
 * The payment that a device's native input stands for.
 *
 * Pure, and never a guess: one input has one meaning, or it is refused with what to ask the person at the device.
 *
 * @param input - `{ kind, … }`, as it came: nothing of it is trusted.
 */
export function translateInput(input: unknown, deviceType: DeviceType, defaults: InputDefaults = {}): InputResult {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return refused('input_malformed', 'kind');
  const raw = input as RawInput;
  const kind = INPUT_KINDS.find((each) => each === raw.kind);
  if (!kind) return refused('input_malformed', 'kind');
  if (!INPUT_KINDS_BY_DEVICE_TYPE[deviceType].includes(kind)) return refused('input_not_supported_by_device', 'kind');
  const presented = METHOD_BY_KIND[kind];
  return TRANSLATORS[kind](raw, defaults, canPresent(deviceType, presented) ? presented : 'card');
}
