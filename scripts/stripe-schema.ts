/**
 * Reads the types of the installed `stripe` package and derives two things from them:
 *
 * - `apps/stripe-sandbox/src/parameters.json`, the request parameters of every route of the sandbox (`npm run sandbox:parameters`);
 * - a JSON Schema of the answers and events, with which the sandbox's tests judge what it says.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import ts from 'typescript';
import { ROUTES } from '../apps/stripe-sandbox/src/routes.js';
import { type ParameterNode, type ParameterTable } from '../apps/stripe-sandbox/src/parameters.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const PARAMETERS_FILE = join(ROOT, 'apps/stripe-sandbox/src/parameters.json');

/** Numbers that are not integers on Stripe's wire: percentages, ratios, exchange rates and coordinates. */
const DECIMAL_NAMES = /percent|(?:^|_)(?:ratio|rate|latitude|longitude)$/;

/** Types that the package's namespace leaves out, by the resource that takes them. */
const UNEXPORTED: Readonly<Record<string, string>> = {
  'TestHelpers.ConfirmationTokenCreateParams': "NonNullable<Parameters<Stripe.TestHelpers['confirmationTokens']['create']>[0]>",
  'TestHelpers.Terminal.ReaderPresentPaymentMethodParams':
    "NonNullable<Exclude<Parameters<Stripe.TestHelpers.Terminal['readers']['presentPaymentMethod']>[1], { host?: string }>>",
};

/** A checker over the types of the `stripe` package, and the types that `names` (such as `Terminal.Reader`) stand for. */
function typesOf(names: readonly string[]): { checker: ts.TypeChecker; types: ReadonlyMap<string, ts.Type> } {
  const file = join(ROOT, 'stripe-types.virtual.ts');
  const source = `import Stripe from 'stripe';\nexport interface Named {\n${names.map((name) => `  '${name}': ${UNEXPORTED[name] ?? `Stripe.${name}`};`).join('\n')}\n}\n`;
  const options: ts.CompilerOptions = {
    strict: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: ['node'],
    skipLibCheck: true,
  };
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    getSourceFile: (path, ...rest) => (path === file ? ts.createSourceFile(path, source, rest[0]) : disk.getSourceFile(path, ...rest)),
    fileExists: (path) => path === file || disk.fileExists(path),
    readFile: (path) => (path === file ? source : disk.readFile(path)),
  };
  const program = ts.createProgram([file], options, host);
  const checker = program.getTypeChecker();
  const module = program.getSourceFile(file);
  const symbol = module && checker.getSymbolAtLocation(module);
  const named = symbol && checker.getExportsOfModule(symbol).find((each) => each.name === 'Named');
  if (!named) throw new Error('the types of the stripe package could not be read');
  const types = new Map<string, ts.Type>();
  for (const property of checker.getDeclaredTypeOfSymbol(named).getProperties()) {
    const type = checker.getTypeOfSymbol(property);
    if (type.flags & ts.TypeFlags.Any) throw new Error(`the stripe package has no type ${property.name}`);
    types.set(property.name, type);
  }
  return { checker, types };
}

/** The request parameters of every route of the sandbox, by the name of the SDK's parameter type. */
export function deriveParameters(): ParameterTable {
  const names = [...new Set(ROUTES.map((route) => route.parameters).filter((name) => name !== null))].sort();
  const { checker, types } = typesOf(names);
  const shared: ParameterNode[] = [];
  const indexOf = new Map<string, number>();
  const share = (node: ParameterNode): ParameterNode => {
    const text = JSON.stringify(node);
    if (text.length < 24) return node;
    const known = indexOf.get(text) ?? shared.push(node) - 1;
    indexOf.set(text, known);
    return known;
  };
  const nodeOf = (type: ts.Type, name: string): ParameterNode => {
    if (type.isUnion()) return unionOf(type, name);
    if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return 'x';
    if (type.flags & ts.TypeFlags.StringLike) return type.isStringLiteral() ? ['e', type.value] : 's';
    if (type.flags & ts.TypeFlags.NumberLike) return DECIMAL_NAMES.test(name) ? 'd' : 'i';
    if (type.flags & ts.TypeFlags.BooleanLike) return 'b';
    if (isDecimal(type)) return 's';
    if (checker.isArrayType(type)) return ['a', nodeOf(checker.getTypeArguments(type as ts.TypeReference)[0] ?? type, name)];
    if (type.isIntersection()) return type.types.some((each) => each.flags & ts.TypeFlags.String) ? 's' : objectOf(type);
    const index = type.getStringIndexType();
    return index ? ['m', nodeOf(index, name)] : objectOf(type);
  };
  const objectOf = (type: ts.Type): ParameterNode => {
    const fields: Record<string, ParameterNode> = {};
    for (const property of checker.getPropertiesOfType(type)) {
      const isRequired = (property.flags & ts.SymbolFlags.Optional) === 0;
      fields[property.name + (isRequired ? '!' : '')] = nodeOf(checker.getTypeOfSymbol(property), property.name);
    }
    return share(fields);
  };
  const unionOf = (type: ts.UnionType, name: string): ParameterNode => {
    const isEmpty = (each: ts.Type) => Boolean(each.flags & ts.TypeFlags.Null) || (each.isStringLiteral() && each.value === '');
    const members = type.types.filter((each) => !(each.flags & ts.TypeFlags.Undefined));
    const node = alternativesOf(
      members.filter((each) => !isEmpty(each)),
      name,
    );
    return members.some(isEmpty) ? ['?', node] : node;
  };
  const alternativesOf = (members: readonly ts.Type[], name: string): ParameterNode => {
    const literals = members.filter((each) => each.isStringLiteral()).map((each) => each.value);
    const isOpenString = (each: ts.Type) => each.isIntersection() && each.types.some((part) => part.flags & ts.TypeFlags.String);
    const nodes = members
      // `OtherString` lets old SDKs read new values; it is no value that a request may hold.
      .filter((each) => !each.isStringLiteral() && !(literals.length > 0 && isOpenString(each)))
      .map((each) => nodeOf(each, name));
    const distinct = [...new Map(nodes.map((node) => [JSON.stringify(node), node])).values()];
    if (literals.length > 0) distinct.unshift(share(['e', ...literals]));
    return distinct.length === 1 ? (distinct[0] ?? 'x') : ['u', ...distinct];
  };
  const routes: Record<string, ParameterNode> = {};
  for (const [name, type] of types) routes[name] = nodeOf(type, name);
  return { stripe: stripeVersion(), shared, routes };
}

/** A JSON Schema, as far as types can be said in it. */
export type AnswerSchema = { readonly [keyword: string]: unknown };

/**
 * A JSON Schema of answers: `$defs` holds one definition for each name, each event type (as `event:charge.succeeded`), and each type they use.
 * Unknown fields are refused; a value that the types leave open, as every new word of an enumeration, is not.
 *
 * @param names - Types of the SDK, such as `PaymentIntent` or `Terminal.Reader`.
 */
export function deriveAnswerSchema(names: readonly string[]): AnswerSchema {
  const { checker, types } = typesOf([...names, 'Event']);
  const definitions: Record<string, AnswerSchema> = {};
  const references = new Map<ts.Type, string>();
  const reference = (type: ts.Type, make: () => AnswerSchema): AnswerSchema => {
    const known = references.get(type);
    if (known !== undefined) return { $ref: `#/$defs/${known}` };
    const name = `${(type.symbol as ts.Symbol | undefined)?.name ?? 'anonymous'}_${String(references.size)}`;
    references.set(type, name);
    definitions[name] = make();
    return { $ref: `#/$defs/${name}` };
  };
  const schemaOf = (type: ts.Type): AnswerSchema => {
    if (type.isUnion()) return anyOf(type.types.filter((each) => !(each.flags & ts.TypeFlags.Undefined)).map(schemaOf));
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (type.flags & ts.TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' };
    if (type.flags & ts.TypeFlags.StringLike) return { type: 'string' };
    if (type.flags & ts.TypeFlags.NumberLike) return { type: 'number' };
    if (type.flags & ts.TypeFlags.BooleanLike) return { type: 'boolean' };
    if (type.flags & ts.TypeFlags.Null) return { type: 'null' };
    if (type.flags & (ts.TypeFlags.Void | ts.TypeFlags.Never)) return { not: {} };
    if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (type.isIntersection() && type.types.some((each) => each.flags & ts.TypeFlags.String)) return { type: 'string' };
    if (isDecimal(type)) return { type: 'string' };
    if (checker.isArrayType(type)) return { type: 'array', items: schemaOf(checker.getTypeArguments(type as ts.TypeReference)[0] ?? type) };
    return reference(type, () => objectSchema(type));
  };
  const objectSchema = (type: ts.Type): AnswerSchema => {
    const index = type.getStringIndexType();
    const properties: Record<string, AnswerSchema> = {};
    const required: string[] = [];
    for (const property of checker.getPropertiesOfType(type)) {
      const propertyType = checker.getTypeOfSymbol(property);
      if (propertyType.getCallSignatures().length > 0) continue;
      properties[property.name] = schemaOf(propertyType);
      if ((property.flags & ts.SymbolFlags.Optional) === 0) required.push(property.name);
    }
    return { type: 'object', properties, required, additionalProperties: index ? schemaOf(index) : false };
  };
  for (const name of names) definitions[name] = schemaOf(types.get(name) ?? checker.getAnyType());
  const events = types.get('Event');
  for (const event of events?.isUnion() ? events.types : []) {
    const property = event.getProperty('type');
    const type = property && checker.getTypeOfSymbol(property);
    if (type?.isStringLiteral()) definitions[`event:${type.value}`] = schemaOf(event);
  }
  return { $defs: definitions };
}

/** The SDK's class for decimals, which are text on the wire. */
function isDecimal(type: ts.Type): boolean {
  return type.getProperty('_coefficient') !== undefined;
}

function anyOf(schemas: readonly AnswerSchema[]): AnswerSchema {
  const distinct = [...new Map(schemas.map((each) => [JSON.stringify(each), each])).values()];
  return distinct.length === 1 ? (distinct[0] ?? {}) : { anyOf: distinct };
}

/** The installed version of the `stripe` package, such as `23.1.0`. */
export function stripeVersion(): string {
  const path = join(ROOT, 'node_modules/stripe/package.json');
  return String((JSON.parse(readFileSync(path, 'utf8')) as { version: unknown }).version);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const table = deriveParameters();
  writeFileSync(PARAMETERS_FILE, await format(JSON.stringify(table), { parser: 'json', printWidth: 140 }));
  console.log(`${String(Object.keys(table.routes).length)} parameter lists of stripe ${table.stripe} written to ${PARAMETERS_FILE}`);
}
