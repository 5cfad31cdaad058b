import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  root: path('..'),
  resolve: {
    alias: [
      { find: /^holdfast$/, replacement: path('../src/index.ts') },
      { find: /^holdfast\/testing$/, replacement: path('../src/testing/index.ts') },
      { find: /^holdfast\/http$/, replacement: path('../src/http/index.ts') },
      { find: /^holdfast\/json$/, replacement: path('../src/json/index.ts') },
      { find: /^holdfast\/lint$/, replacement: path('../src/lint/index.ts') },
      { find: /^holdfast\/queues$/, replacement: path('../src/queues/index.ts') },
      { find: /^holdfast\/simulator$/, replacement: path('../src/simulator/index.ts') },
      { find: /^holdfast\/stream$/, replacement: path('../src/stream/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // For a machine that is slow and busy. Only what hangs takes as long.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    // All processors: the long ones compute, and nobody waits for their own.
    maxWorkers: '100%',
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text', 'json-summary'],
      thresholds: { lines: 100, branches: 100, functions: 100, statements: 100 },
    },
  },
});
