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
const DECIMAL_NAMES = /percent|ratio|rate$|latitude|longitude/;

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
    if (type.symbol.name === 'Decimal') return 's';
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
