import { Injectable } from '@nestjs/common';
import { PersonalDataCipher } from '#security';
import { type FraudAttempt } from '../fraud-attempt.js';
import { isPersonalKind, normaliseListValue, type ListKind } from './list-value.js';

/** A value as it is stored and looked up. */
export interface ListKey {
  readonly kind: ListKind;
  /** Normalised; for personal kinds its keyed hash in hexadecimal. */
  readonly value: string;
}

/** Makes the keys under which values stand in the lists. */
@Injectable()
export class ListKeys {
  constructor(private readonly cipher: PersonalDataCipher) {}

  /** The key of a normalised value. */
  keyOf(kind: ListKind, normalised: string): ListKey {
    return { kind, value: isPersonalKind(kind) ? this.cipher.matchHash(kind, normalised).toString('hex') : normalised };
  }

  /** Every key that an attempt is looked up under; networks are matched by its address instead. */
  keysOf(attempt: FraudAttempt): ListKey[] {
    const { ip, card, device } = attempt.countries ?? { ip: null, card: null, device: null };
    const named: [ListKind, string | null | undefined][] = [
      ['device', attempt.device.id],
      ['email', attempt.email],
      ['email_domain', attempt.email?.slice(attempt.email.lastIndexOf('@') + 1)],
      ['ip', attempt.ip],
      ['card_fingerprint', attempt.card],
      ['customer', attempt.customerId],
      // An entry may be as short as six digits and as long as eight.
      ...[6, 7, 8].map((length): [ListKind, string | null] => [
        'bin',
        (attempt.bin?.length ?? 0) >= length ? (attempt.bin?.slice(0, length) ?? null) : null,
      ]),
      ...[...new Set([ip, card, device])].map((country): [ListKind, string | null] => ['country', country]),
    ];
    return named.flatMap(([kind, value]) => {
      const normalised = normaliseListValue(kind, value ?? '');
      return normalised === null ? [] : [this.keyOf(kind, normalised)];
    });
  }
}
