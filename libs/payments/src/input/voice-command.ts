/** A spoken command: what was understood, and how surely. */
import { spokenAmount } from './spoken-amount.js';
import { type InputDefaults, type InputRefusalCode, type InputResult, type RawInput, refused } from './native-input.js';
import { type PaymentMethod } from '#merchants';

/** A transcript less sure than this is asked for again. */
const DEFAULT_CONFIDENCE_THRESHOLD = 0.85;
/** Half a minute of speech; longer text is not a command. */
const MAX_TRANSCRIPT_LENGTH = 500;

const ASK_AGAIN = 'Sorry, I did not catch that. Please say the amount again, for example: twenty five dollars.';
const PROMPTS: Readonly<Partial<Record<InputRefusalCode, string>>> = {
  amount_missing: 'How much would you like to pay?',
  amount_unit_missing: 'In which currency? Please say the amount with it, for example: twenty five dollars.',
  amount_out_of_range: 'I can take amounts of up to ninety nine thousand nine hundred ninety nine. How much would you like to pay?',
  currency_ambiguous: 'Which currency do you mean? Please say, for example: twenty five US dollars.',
};

/**
 * `{ transcript, confidence }`: one amount with its currency, among any other words.
 *
 * Refused with a question to the speaker: a transcript that is not sure enough, two amounts, a number nobody can place, a "not" or an "about".
 */
export function translateVoiceCommand(input: RawInput, defaults: InputDefaults, method: PaymentMethod): InputResult {
  const { transcript, confidence } = input;
  const isSaid = typeof transcript === 'string' && transcript.length <= MAX_TRANSCRIPT_LENGTH;
  if (!isSaid) return refused('input_malformed', 'transcript');
  const isSure = typeof confidence === 'number' && confidence >= 0 && confidence <= 1;
  if (!isSure) return refused('input_malformed', 'confidence');
  const threshold = defaults.voiceConfidenceThreshold ?? DEFAULT_CONFIDENCE_THRESHOLD;
  if (confidence < threshold) return refused('voice_confidence_too_low', 'confidence', ASK_AGAIN);
  const found = spokenAmount(transcript, defaults.currency);
  if (found.kind === 'problem') return refused(found.code, 'transcript', PROMPTS[found.code] ?? ASK_AGAIN);
  return { kind: 'translated', fields: { amountMinor: found.amountMinor, currency: found.currency, method } };
}
