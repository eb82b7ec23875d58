import { DEVICE_TYPES, canPresent, type DeviceType } from '#devices';
import { currencyCode, currencyOf, CURRENCIES } from '#kernel';
import fc from 'fast-check';
import { parseDecimalAmount } from './decimal-amount.js';
import { INPUT_KINDS, INPUT_KINDS_BY_DEVICE_TYPE, type InputDefaults, type InputKind } from './native-input.js';
import { emvChecksum } from './qr-scan.js';
import { translateInput } from './translate-input.js';

const usd: InputDefaults = { currency: currencyCode('usd') };
const DEVICE_OF: Readonly<Record<InputKind, DeviceType>> = {
  nfc_tap: 'pos_terminal',
  qr_scan: 'kiosk',
  voice_command: 'voice_assistant',
  sensor_trigger: 'iot_device',
  controller_input: 'gaming_console',
  manual_entry: 'web_browser',
};

const FIELDS = 'amount currency payload transcript confidence sensorId quantity unitAmount button item entry unit decimalMark'.split(' ');
const SOUND: Readonly<Record<InputKind, object>> = {
  nfc_tap: { amount: 5 },
  qr_scan: { payload: 'upp:pay?amount=5' },
  voice_command: { transcript: 'five dollars', confidence: 1 },
  sensor_trigger: { sensorId: 's1', amount: 5 },
  controller_input: { button: 'confirm', item: { amount: 5 } },
  manual_entry: { entry: '0.05' },
};

describe('translateInput', () => {
  it.each<[InputKind, object, object]>([
    ['nfc_tap', { amount: 1_099, tagId: 'table 4' }, { amountMinor: 1_099, currency: 'usd', method: 'nfc', reference: 'table 4' }],
    ['nfc_tap', { amount: 1_099, currency: 'eur' }, { amountMinor: 1_099, currency: 'eur', method: 'nfc' }],
    [
      'qr_scan',
      { payload: 'upp:pay?amount=1099&currency=gbp&reference=T4' },
      { amountMinor: 1_099, currency: 'gbp', method: 'qr', reference: 'T4' },
    ],
    ['qr_scan', { payload: 'upp:pay?amount=1099' }, { amountMinor: 1_099, currency: 'usd', method: 'qr' }],
    ['qr_scan', { payload: emv('54', '10.5') }, { amountMinor: 1_050, currency: 'eur', method: 'qr', reference: 'BAKERY' }],
    [
      'voice_command',
      { transcript: 'pay twenty five dollars', confidence: 0.85 },
      { amountMinor: 2_500, currency: 'usd', method: 'voice' },
    ],
    ['voice_command', { transcript: '$1,250.50', confidence: 1 }, { amountMinor: 125_050, currency: 'usd', method: 'voice' }],
    ['sensor_trigger', { sensorId: 's1', amount: 3 }, { amountMinor: 3, currency: 'usd', method: 'card', reference: 's1' }],
    [
      'sensor_trigger',
      { sensorId: 's1', quantity: 12_345, unitAmount: 2 },
      { amountMinor: 24_690, currency: 'usd', method: 'card', reference: 's1' },
    ],
    [
      'controller_input',
      { button: 'confirm', item: { id: 'sword', amount: 499, quantity: 2, minimumAge: 16 } },
      { amountMinor: 998, currency: 'usd', method: 'card', reference: 'sword', minimumAge: 16 },
    ],
    [
      'controller_input',
      { button: 'confirm', item: { amount: 499, currency: 'jpy' } },
      { amountMinor: 499, currency: 'jpy', method: 'card' },
    ],
    ['manual_entry', { entry: '12.50' }, { amountMinor: 1_250, currency: 'usd', method: 'card' }],
    ['manual_entry', { entry: '$1,250.50' }, { amountMinor: 125_050, currency: 'usd', method: 'card' }],
    ['manual_entry', { entry: ' 1250.50 EUR ' }, { amountMinor: 125_050, currency: 'eur', method: 'card' }],
    ['manual_entry', { entry: '1.250,50 €', decimalMark: ',' }, { amountMinor: 125_050, currency: 'eur', method: 'card' }],
    ['manual_entry', { entry: '25', unit: 'major' }, { amountMinor: 2_500, currency: 'usd', method: 'card' }],
    ['manual_entry', { entry: '25', unit: 'minor' }, { amountMinor: 25, currency: 'usd', method: 'card' }],
    ['manual_entry', { entry: '1099', unit: 'minor', currency: 'jpy' }, { amountMinor: 1_099, currency: 'jpy', method: 'card' }],
    ['manual_entry', { entry: '9,999,999,999.99' }, { amountMinor: 999_999_999_999, currency: 'usd', method: 'card' }],
    ['manual_entry', { entry: '$25' }, { amountMinor: 2_500, currency: 'usd', method: 'card' }],
    ['manual_entry', { entry: '$25', currency: 'cad' }, { amountMinor: 2_500, currency: 'cad', method: 'card' }],
    ['manual_entry', { entry: '2500', currency: 'jpy' }, { amountMinor: 2_500, currency: 'jpy', method: 'card' }],
  ])('translates %s %j', (kind, input, fields) => {
    expect(translateInput({ kind, ...input }, DEVICE_OF[kind], usd)).toEqual({ kind: 'translated', fields });
  });

  it.each<[InputKind, object, string, string]>([
    ['nfc_tap', {}, 'amount_missing', 'amount'],
    ['nfc_tap', { amount: null }, 'amount_missing', 'amount'],
    ['nfc_tap', { amount: 0 }, 'amount_out_of_range', 'amount'],
    ['nfc_tap', { amount: 10.99 }, 'amount_out_of_range', 'amount'],
    ['nfc_tap', { amount: '1099' }, 'amount_out_of_range', 'amount'],
    ['nfc_tap', { amount: 1e15 }, 'amount_out_of_range', 'amount'],
    ['nfc_tap', { amount: 1_099, currency: 'USD' }, 'currency_unknown', 'currency'],
    ['qr_scan', {}, 'input_malformed', 'payload'],
    ['qr_scan', { payload: 'https://example.com' }, 'input_malformed', 'payload'],
    ['qr_scan', { payload: 'upp:pay?currency=usd' }, 'amount_missing', 'payload'],
    ['qr_scan', { payload: 'upp:pay?amount=10.99' }, 'amount_ambiguous', 'payload'],
    ['qr_scan', { payload: 'upp:pay?amount=1&amount=2' }, 'amount_ambiguous', 'payload'],
    ['qr_scan', { payload: 'upp:pay?amount=1&currency=zzz' }, 'currency_unknown', 'payload'],
    ['qr_scan', { payload: emv('54', '10.50').replace('BAKERY', 'FAKERY') }, 'qr_checksum_wrong', 'payload'],
    ['qr_scan', { payload: emv('54', '10.505') }, 'amount_too_precise', 'payload'],
    ['qr_scan', { payload: emv('54', '1,050') }, 'amount_ambiguous', 'payload'],
    ['qr_scan', { payload: emv('54', '0.00') }, 'amount_missing', 'payload'],
    ['qr_scan', { payload: emv('58', 'DE') }, 'amount_missing', 'payload'],
    ['qr_scan', { payload: emv('54', '10.50', '550201') }, 'amount_ambiguous', 'payload'],
    ['qr_scan', { payload: emv('54', '10.50', '5303840') }, 'amount_ambiguous', 'payload'],
    ['qr_scan', { payload: '00020154' }, 'input_malformed', 'payload'],
    ['voice_command', { confidence: 1 }, 'input_malformed', 'transcript'],
    ['voice_command', { transcript: 'five dollars' }, 'input_malformed', 'confidence'],
    ['voice_command', { transcript: 'five dollars', confidence: 85 }, 'input_malformed', 'confidence'],
    ['voice_command', { transcript: 'five dollars', confidence: 0.8499 }, 'voice_confidence_too_low', 'confidence'],
    ['voice_command', { transcript: 'five', confidence: 1 }, 'amount_unit_missing', 'transcript'],
    ['voice_command', { transcript: 'a '.repeat(300), confidence: 1 }, 'input_malformed', 'transcript'],
    ['sensor_trigger', { amount: 3 }, 'input_malformed', 'sensorId'],
    ['sensor_trigger', { sensorId: 's1' }, 'amount_missing', 'amount'],
    ['sensor_trigger', { sensorId: 's1', quantity: 2 }, 'amount_missing', 'unitAmount'],
    ['sensor_trigger', { sensorId: 's1', quantity: 1.5, unitAmount: 2 }, 'amount_ambiguous', 'quantity'],
    ['sensor_trigger', { sensorId: 's1', quantity: 2, unitAmount: 2, amount: 5 }, 'amount_ambiguous', 'amount'],
    ['sensor_trigger', { sensorId: 's1', quantity: 1_000_000, unitAmount: 999_999_999 }, 'amount_out_of_range', 'quantity'],
    ['controller_input', { button: 'cancel', item: { amount: 1 } }, 'input_not_confirmed', 'button'],
    ['controller_input', { button: 'confirm' }, 'input_malformed', 'item'],
    ['controller_input', { button: 'confirm', item: {} }, 'amount_missing', 'item.amount'],
    ['controller_input', { button: 'confirm', item: { amount: 1, minimumAge: '18' } }, 'input_malformed', 'item.minimumAge'],
    ['manual_entry', { entry: '1099' }, 'amount_unit_missing', 'entry'],
    ['manual_entry', { entry: '10,000,000,000.00' }, 'amount_out_of_range', 'entry'],
    ['manual_entry', { entry: '12,50' }, 'amount_ambiguous', 'entry'],
    ['manual_entry', { entry: '-12.50' }, 'amount_ambiguous', 'entry'],
    ['manual_entry', { entry: '1e5' }, 'amount_ambiguous', 'entry'],
    ['manual_entry', { entry: '12.505' }, 'amount_too_precise', 'entry'],
    ['manual_entry', { entry: '12.50', currency: 'jpy' }, 'amount_too_precise', 'entry'],
    ['manual_entry', { entry: '12.50', unit: 'minor' }, 'amount_ambiguous', 'entry'],
    ['manual_entry', { entry: '$12', unit: 'minor' }, 'amount_ambiguous', 'entry'],
    ['manual_entry', { entry: '0.00' }, 'amount_missing', 'entry'],
    ['manual_entry', { entry: '  ' }, 'amount_missing', 'entry'],
    ['manual_entry', { entry: 12.5 }, 'input_malformed', 'entry'],
    ['manual_entry', { entry: '$12.50', currency: 'eur' }, 'currency_ambiguous', 'currency'],
    ['manual_entry', { entry: '$12.50 eur' }, 'currency_ambiguous', 'currency'],
    ['manual_entry', { entry: '12.50 abc' }, 'currency_unknown', 'currency'],
  ])('refuses %s %j with %s', (kind, input, code, field) => {
    expect(translateInput({ kind, ...input }, DEVICE_OF[kind], usd)).toMatchObject({
      kind: 'refused',
      refusal: { code, param: `input.${field}` },
    });
  });

  it('asks the speaker again when the transcript is not sure enough, at the threshold of the merchant', () => {
    const input = { kind: 'voice_command', transcript: 'five dollars', confidence: 0.9 };

    expect(translateInput(input, 'voice_assistant', { ...usd, voiceConfidenceThreshold: 0.95 })).toEqual({
      kind: 'refused',
      refusal: {
        code: 'voice_confidence_too_low',
        param: 'input.confidence',
        prompt: 'Sorry, I did not catch that. Please say the amount again, for example: twenty five dollars.',
      },
    });
  });

  it('needs a currency from somewhere', () => {
    expect(translateInput({ kind: 'nfc_tap', amount: 5 }, 'pos_terminal')).toMatchObject({ refusal: { code: 'currency_missing' } });
  });

  it('presents speech as a stored card where the device has no voice method', () => {
    const input = { kind: 'voice_command', transcript: 'five dollars', confidence: 1 };

    expect(translateInput(input, 'vehicle', usd)).toMatchObject({ fields: { method: 'card' } });
  });

  it.each(DEVICE_TYPES)('gives %s methods it can present, and no form it has no parts for', (deviceType) => {
    for (const kind of INPUT_KINDS.filter((each) => !INPUT_KINDS_BY_DEVICE_TYPE[deviceType].includes(each))) {
      expect(translateInput({ kind }, deviceType)).toMatchObject({ refusal: { code: 'input_not_supported_by_device' } });
    }
    for (const kind of INPUT_KINDS_BY_DEVICE_TYPE[deviceType]) {
      const result = translateInput({ kind, ...SOUND[kind] }, deviceType, usd);

      expect(result.kind === 'translated' && canPresent(deviceType, result.fields.method)).toBe(true);
    }
  });

  it.each([null, undefined, 5, 'nfc_tap', [], {}, { kind: 'telepathy' }, { kind: 'constructor' }])('refuses %j', (input) => {
    expect(translateInput(input, 'smartphone', usd)).toMatchObject({ refusal: { code: 'input_malformed', param: 'input.kind' } });
  });

  it('answers any JSON with whole positive amounts or a refusal', () => {
    const anyFields = fc.dictionary(fc.constantFrom(...FIELDS), fc.oneof(fc.jsonValue(), fc.string(), fc.integer()));
    fc.assert(
      fc.property(fc.constantFrom(...INPUT_KINDS), anyFields, (kind, fields) => {
        const result = translateInput({ ...fields, kind }, DEVICE_OF[kind], usd);

        if (result.kind === 'translated')
          expect(Number.isSafeInteger(result.fields.amountMinor) && result.fields.amountMinor > 0).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('parseDecimalAmount', () => {
  it('reads back every amount of every currency as it is written', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CURRENCIES.values()),
        fc.nat({ max: 999_999_999 }),
        fc.boolean(),
        ({ code }, amountMinor, isGrouped) => {
          expect(parseDecimalAmount(written(amountMinor, currencyOf(code).isoExponent, isGrouped), code)).toBe(amountMinor);
        },
      ),
    );
  });
});

describe('emvChecksum', () => {
  it('is 29B1 of 123456789, as for every CRC-16 of this kind', () => {
    expect(emvChecksum('123456789')).toBe('29B1');
  });
});

function emv(id: string, value: string, more = ''): string {
  const field = (name: string, text: string) => name + String(text.length).padStart(2, '0') + text;
  const body = `${field('00', '01')}${field('53', '978')}${field(id, value)}${more}${field('59', 'BAKERY')}6304`;
  return body + emvChecksum(body);
}

function written(amountMinor: number, exponent: number, isGrouped: boolean): string {
  const digits = String(amountMinor).padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const grouped = isGrouped ? Number(whole).toLocaleString('en-US') : whole;
  return exponent === 0 ? grouped : `${grouped}.${digits.slice(-exponent)}`;
}
