// The import law of ARCHITECTURE.md, checked by `npm run law`. test/law.spec.ts plants a violation to see that it is found.
const LINE = [
  'kernel',
  'platform',
  'ssl',
  'security',
  'merchants',
  'devices',
  'fraud',
  'payments',
  'stripe',
  'webhooks',
  'operations',
  'monitoring',
];

const oneDirection = LINE.map((lib, index) => ({
  name: `${lib}-imports-only-to-its-left`,
  comment: 'Libraries stand in one line; each may import only those to its left.',
  severity: 'error',
  from: { path: `^libs/${lib}/` },
  to: { path: `^(apps|libs/(${LINE.slice(index + 1).join('|') || 'nothing'}))/` },
}));

module.exports = {
  forbidden: [
    ...oneDirection,
    {
      name: 'front-door-only',
      comment: 'Another library is reached through its #name, that is its src/index.ts.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/', pathNot: '\\.(db-)?spec\\.ts$' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'apps-use-front-doors',
      comment: 'scripts/wal-archive.ts starts once for each 16 MB of WAL: behind its two side doors lies only what it needs.',
      severity: 'error',
      from: { path: '^(apps|scripts|bench)/', pathNot: '^scripts/wal-archive\\.ts$' },
      to: { path: '^libs/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'sandbox-stands-alone',
      comment: 'The sandbox imports no library but the kernel, so that it can judge them.',
      severity: 'error',
      from: { path: '^apps/stripe-sandbox/' },
      to: { path: '^(libs|apps)/', pathNot: '^(libs/kernel/|apps/stripe-sandbox/)' },
    },
    {
      name: 'domain-is-pure',
      comment: 'domain/ folders import the kernel and their own library; no package, no I/O.',
      severity: 'error',
      from: { path: '^libs/[^/]+/src/domain/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'core'] },
    },
    {
      name: 'kernel-is-plain',
      severity: 'error',
      from: { path: '^libs/kernel/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional'] },
    },
    {
      name: 'stripe-behind-its-adapter',
      comment: "Stripe's words stop at libs/stripe.",
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: '^libs/stripe/' },
      to: { path: '^node_modules/stripe/' },
    },
    {
      name: 'typeorm-in-its-places',
      severity: 'error',
      from: {
        path: '^(libs|apps|scripts)/',
        pathNot: '(\\.entity\\.ts|\\.repository\\.ts|\\.module\\.ts|^libs/platform/src/database/.*|spec\\.ts)$',
      },
      to: { path: '^node_modules/typeorm/' },
    },
    {
      name: 'controllers-ask-services',
      severity: 'error',
      from: { path: '\\.controller\\.ts$' },
      to: { path: '\\.repository\\.ts$', dependencyTypesNot: ['type-only', 'type-import'] },
    },
    {
      name: 'no-cycles',
      comment: 'Types may refer to each other; code that runs may not.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'type-import'] } },
    },
    // The client's schema is declarations only, which the resolver does not look for.
    { name: 'no-unresolved', severity: 'error', from: { pathNot: '^clients/' }, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|bench/peers)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['upp-source', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
