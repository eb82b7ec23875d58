/** Reads a rule set as it comes over the API: an unknown shape until every field has been looked at. */
import { type BusinessType } from '#merchants';
import { DEFAULT_RULE_SETS } from '../domain/default-rule-sets.js';
import { RULE_NAMES } from '../domain/rule.js';
import { type Band, type OperatorRuleDefinition, type RuleMode, type RuleSet, type RuleSettings } from '../domain/rule-set.js';

const MODES: readonly RuleMode[] = ['draft', 'shadow', 'live', 'off'];
type Fields = Readonly<Record<string, unknown>>;

/**
 * The rule set that a document describes: the product's default of the business type with what the document replaces. A rule's
 * settings are replaced one by one, its bands measure by measure.
 *
 * @returns Sentences that name each field of a wrong shape; whether the figures make sense is for `checkRuleSet`.
 */
export function parseRuleSet(businessType: BusinessType, document: unknown): RuleSet | string[] {
  const reader = new Reader();
  const standard = DEFAULT_RULE_SETS[businessType];
  const fields = reader.fields(document, 'document', ['thresholds', 'rules', 'operatorRules']);
  const thresholds = reader.fields(fields['thresholds'] ?? {}, 'thresholds', ['review', 'block']);
  const rules = reader.fields(fields['rules'] ?? {}, 'rules', RULE_NAMES);
  const ruleSet: RuleSet = {
    ...standard,
    thresholds: {
      review: reader.number(thresholds['review'] ?? standard.thresholds.review, 'thresholds.review'),
      block: reader.number(thresholds['block'] ?? standard.thresholds.block, 'thresholds.block'),
    },
    rules: Object.fromEntries(
      RULE_NAMES.map((name) => [name, settings(reader, rules[name] ?? {}, standard.rules[name], `rules.${name}`)]),
    ) as unknown as RuleSet['rules'],
    operatorRules: reader
      .list(fields['operatorRules'] ?? [], 'operatorRules')
      .map((each, index) => operatorRule(reader, each, `operatorRules.${index}`)),
  };
  return reader.problems.length > 0 ? reader.problems : ruleSet;
}

function settings(reader: Reader, value: unknown, standard: RuleSettings, path: string): RuleSettings {
  const fields = reader.fields(value, path, ['mode', 'weight', 'isEssential', 'bands']);
  const measures = reader.fields(fields['bands'] ?? {}, `${path}.bands`, null);
  const bands = Object.entries(measures).map(([measure, list]) => {
    const at = `${path}.bands.${measure}`;
    return [measure, reader.list(list, at).map((each, index) => band(reader, each, `${at}.${index}`))] as const;
  });
  return {
    mode: reader.oneOf(fields['mode'] ?? standard.mode, MODES, `${path}.mode`),
    weight: reader.number(fields['weight'] ?? standard.weight, `${path}.weight`),
    isEssential: reader.boolean(fields['isEssential'] ?? standard.isEssential, `${path}.isEssential`),
    bands: { ...standard.bands, ...Object.fromEntries(bands) },
  };
}

function band(reader: Reader, value: unknown, path: string): Band {
  const fields = reader.fields(value, path, ['from', 'points', 'risesTo', 'code', 'floor']);
  return {
    from: fields['from'] === null ? null : reader.number(fields['from'], `${path}.from`),
    points: reader.number(fields['points'], `${path}.points`),
    code: reader.text(fields['code'], `${path}.code`),
    ...(fields['risesTo'] === undefined ? {} : { risesTo: reader.number(fields['risesTo'], `${path}.risesTo`) }),
    ...(fields['floor'] === undefined ? {} : { floor: reader.number(fields['floor'], `${path}.floor`) }),
  };
}

function operatorRule(reader: Reader, value: unknown, path: string): OperatorRuleDefinition {
  const fields = reader.fields(value, path, ['name', 'expression', 'mode', 'weight', 'floor']);
  const floor = fields['floor'] ?? null;
  return {
    name: reader.text(fields['name'], `${path}.name`),
    expression: reader.text(fields['expression'], `${path}.expression`),
    // A new condition looks on until somebody has seen what it does.
    mode: reader.oneOf(fields['mode'] ?? 'shadow', MODES, `${path}.mode`),
    weight: reader.number(fields['weight'], `${path}.weight`),
    floor: floor === null ? null : reader.number(floor, `${path}.floor`),
  };
}

/** Collects problems instead of stopping at the first; what it returns for a wrong field is never used. */
class Reader {
  readonly problems: string[] = [];

  fields(value: unknown, path: string, known: readonly string[] | null): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.problems.push(`${path} must be an object`);
      return {};
    }
    for (const name of Object.keys(value))
      if (known !== null && !known.includes(name)) this.problems.push(`${path}.${name} does not exist`);
    return value as Fields;
  }

  list(value: unknown, path: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    this.problems.push(`${path} must be a list`);
    return [];
  }

  number(value: unknown, path: string): number {
    return this.checked(value, typeof value === 'number' && Number.isFinite(value), `${path} must be a number`) as number;
  }

  boolean(value: unknown, path: string): boolean {
    return this.checked(value, typeof value === 'boolean', `${path} must be true or false`) as boolean;
  }

  text(value: unknown, path: string): string {
    return this.checked(value, typeof value === 'string' && value.length > 0, `${path} must be a text`) as string;
  }

  oneOf<Word extends string>(value: unknown, words: readonly Word[], path: string): Word {
    return this.checked(value, words.includes(value as Word), `${path} must be one of ${words.join(', ')}`) as Word;
  }

  private checked(value: unknown, isGood: boolean, problem: string): unknown {
    if (!isGood) this.problems.push(problem);
    return value;
  }
}
