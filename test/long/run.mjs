// The long forms of the reproductions: all seeds, all rates. Prints the figures that the docs quote.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '-c',
    'test/vitest.config.ts',
    '--testTimeout=900000',
    'test/laws/overload.test.ts',
  ],
  {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: 'inherit',
    env: { ...process.env, HOLDFAST_LONG: '1' },
  },
);
process.exitCode = status ?? 1;
