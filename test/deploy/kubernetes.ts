/** Kubernetes' own schemas over manifests: wrong types, missing fields, and fields that do not exist. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

/** A manifest; `any`, for what it holds is what is being tested. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
export type Manifest = any;

interface Model {
  validate(): void;
  [field: string]: unknown;
}

/** The documents of a YAML text. @throws Error for what is no YAML or names a key twice. */
export function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text, { uniqueKeys: true }).map((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    return document.toJS();
  });
}

/** The documents of a file. */
export function manifestsIn(file: string): Manifest[] {
  return manifestsOf(readFileSync(file, 'utf8'));
}

/**
 * What Kubernetes would refuse or silently drop of a manifest.
 *
 * The schemas let unknown fields pass, as the API server does; but they look at every field that they know. What they never looked at is
 * misspelt.
 */
export async function faultsOf(manifest: Manifest): Promise<string[]> {
  const { apiVersion, kind } = manifest as { apiVersion: string; kind: string };
  const models = (await import(`kubernetes-models/${apiVersion}/${kind}`)) as Record<string, new (data: Manifest) => Model>;
  const model = new (models[kind] as new (data: Manifest) => Model)(manifest);
  const unseen = new Set<string>();
  for (const [field, value] of Object.entries(manifest as Record<string, unknown>)) model[field] = watched(value, field, unseen);
  try {
    model.validate();
  } catch (error) {
    return [`${kind} ${String(manifest.metadata?.name)}: ${(error as Error).message}`];
  }
  return [...unseen].map((path) => `${kind} ${String(manifest.metadata?.name)}: ${path} is no field`);
}

/** A view of `value` that takes each path off `unseen` when somebody reads it. */
function watched(value: unknown, path: string, unseen: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const views = new Map<string, unknown>();
  for (const [key, child] of Object.entries(value)) {
    const childPath = `${path}.${key}`;
    unseen.add(childPath);
    views.set(key, watched(child, childPath, unseen));
  }
  return new Proxy(value, {
    get: (target, key) => {
      if (typeof key !== 'string' || !views.has(key)) return Reflect.get(target, key) as unknown;
      unseen.delete(`${path}.${key}`);
      return views.get(key);
    },
  });
}
