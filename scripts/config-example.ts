/** Writes `.env.production.example` from the configuration classes: their doc comments are the only place where a variable is explained. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { AppConfig, problemsOf } from '#platform';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CONFIG_FOLDER = path.join(ROOT, 'libs/platform/src/config');
const WIDTH = 100;

/** Where the file lies. */
export const EXAMPLE_FILE = path.join(ROOT, '.env.production.example');

/** What stands in the file for a value that has no default: production refuses to start with it. */
const PLACEHOLDER = 'change-me';

const HEADER = `# Every variable that the product reads, with its default. Copy this file to .env, fill in what says ${PLACEHOLDER}, and check the whole with
# npm run config:doctor. A line that is commented out shows the default; an empty value is no value; lists are separated by commas;
# true and false are written so. Made by npm run config:example from the configuration classes.
`;

/** What the sources say of a group of variables. */
interface DocumentedGroup {
  readonly className: string;
  readonly text: string;
  /** Meaning by variable. */
  readonly variables: ReadonlyMap<string, string>;
}

/** The whole file. */
export function exampleText(): string {
  const groups = documentedGroups();
  const required = new Set(problemsOf({ NODE_ENV: 'production' }).map(({ variable }) => variable));
  const effective = new Map(AppConfig.effective({}).map((each) => [each.name, each]));
  const sections = AppConfig.groupClasses().map((className) => {
    const group = groups.find((each) => each.className === className);
    if (group === undefined) throw new Error(`${className} was not found in the configuration folder`);
    const lines = [...group.variables].map(([name, meaning]) => {
      const isPlaceholder = required.has(name);
      const value = name === 'NODE_ENV' ? 'production' : isPlaceholder ? PLACEHOLDER : (effective.get(name)?.value ?? '');
      return `${comment(meaning)}\n${isPlaceholder || name === 'NODE_ENV' ? '' : '#'}${name}=${value}`;
    });
    return `${'#'.repeat(20)} ${group.text.replace(/\.$/, '')}\n\n${lines.join('\n\n')}\n`;
  });
  return [HEADER, ...sections].join('\n');
}

/** Variables without a word on their meaning. */
export function undocumentedVariables(): string[] {
  return documentedGroups().flatMap(({ variables }) => [...variables].filter(([, meaning]) => meaning === '').map(([name]) => name));
}

function documentedGroups(): DocumentedGroup[] {
  return readdirSync(CONFIG_FOLDER)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .flatMap((name) => {
      const file = path.join(CONFIG_FOLDER, name);
      const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
      return source.statements.filter(ts.isClassDeclaration).map((declaration) => ({
        className: declaration.name?.text ?? '',
        text: docOf(declaration),
        variables: new Map(declaration.members.flatMap(variableOf)),
      }));
    });
}

function variableOf(member: ts.ClassElement): [string, string][] {
  if (!ts.isPropertyDeclaration(member)) return [];
  for (const decorator of ts.getDecorators(member) ?? []) {
    const call = decorator.expression;
    if (!ts.isCallExpression(call) || call.expression.getText() !== 'Env') continue;
    const [name] = call.arguments;
    if (name !== undefined && ts.isStringLiteral(name)) return [[name.text, docOf(member)]];
  }
  return [];
}

function docOf(node: ts.Node): string {
  return ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? '')
    .join('\n')
    .trim();
}

/** Comment lines of a readable width; a list keeps its lines. */
function comment(text: string): string {
  const lines = text.split('\n').flatMap((line) => {
    const wrapped: string[] = [];
    let current = '';
    for (const word of line.split(/\s+/)) {
      if (current !== '' && current.length + word.length + 1 > WIDTH) {
        wrapped.push(current);
        current = '';
      }
      current = current === '' ? word : `${current} ${word}`;
    }
    return [...wrapped, current];
  });
  return lines.map((line) => `# ${line}`.trimEnd()).join('\n');
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(EXAMPLE_FILE, exampleText());
  console.log(`${path.basename(EXAMPLE_FILE)}: ${AppConfig.variableNames().length} variables`);
}
