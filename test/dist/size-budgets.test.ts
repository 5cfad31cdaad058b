import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Those whose size the README states have their budgets in package.test.ts. */
const STATED = /^(exponential|retryCall|timeout|CircuitBreaker|Bulkhead|RateLimiter|hedge|fallback|keyed|standard)$/;

/** Bytes, minified and gzipped, of a bundle of one export alone: by door, the names that share a budget. */
const budgets: Record<string, readonly (readonly [budget: number, names: string])[]> = {
  index: [
    [6_600, 'retry'],
    [6_000, 'AdaptiveLimiter'],
    [4_500, 'AdaptiveThrottle'],
    [3_900, 'fallbackChain retryCallSync'],
    [3_950, 'pipeline explain'],
    [1_500, 'envelope'],
    [1_200, 'schedule failureConfidence failureRate slowCallRate RetryBudget'],
    [1_000, 'sleeperOf decorrelatedJitter linear quantile'],
    [700, 'anyOf additiveJitter proportionalJitter capped atLeast equalJitter fullJitter sequence consecutiveFailures'],
    [550, 'instantSleeper blockingSleeper smoothJitter captureRefusalStacks onObserverError wrap'],
    [300, 'constant fibonacci systemClock giveUpReport HoldfastError RefusalError TimeoutError'],
    [300, 'CircuitOpenError BulkheadFullError RateLimitedError ThrottledError'],
  ],
  http: [
    [25_150, 'guardFetch'],
    [2_550, 'classify'],
    [1_350, 'parseRetryAfter'],
    [750, 'neverSent'],
  ],
  queues: [
    [2_450, 'pgBossRetry restateRetryPolicy stepFunctionsRetry temporalRetryPolicy'],
    [1_250, 'delayByAttempt'],
  ],
  stream: [
    [8_550, 'retryStream'],
    [4_300, 'guarded'],
    [3_050, 'guardStream'],
    [310, 'StreamIdleError StreamIncompleteError StreamInterruptedError'],
  ],
  testing: [
    [3_500, 'policyLaws'],
    [1_950, 'backoffLaws'],
    [1_250, 'VirtualClock scriptedCall arbitraries'],
    [650, 'recordingSleeper seededRandom'],
  ],
};

/** All JavaScript of the package, as published. */
const IN_TOTAL = 357_500;

async function sizeOf(door: string, name: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${name} } from './dist/${door}.js'`, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['fast-check'],
    write: false,
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}

describe.each(Object.keys(budgets))('%s.js', (door) => {
  const rows = budgets[door]!.map(([budget, names]) => ({ budget, names: names.split(' ') }));

  it('has a budget for each of its exports', async () => {
    const names = Object.keys((await import(join(root, `dist/${door}.js`))) as object).filter(
      (name) => door !== 'index' || !STATED.test(name),
    );

    expect(rows.flatMap((row) => row.names).sort()).toEqual(names.sort());
  });

  it('keeps to it, whichever of them is imported alone', async () => {
    const over: string[] = [];
    for (const { budget, names } of rows) {
      for (const name of names) {
        const size = await sizeOf(door, name);
        if (size > budget) over.push(`${name}: ${size} of ${budget}`);
      }
    }

    expect(over).toEqual([]);
  });
});

describe('the package', () => {
  it('has little JavaScript in total', () => {
    const files = readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.js'));

    const total = files.reduce((sum, name) => sum + statSync(join(root, 'dist', name)).size, 0);

    console.log(`JavaScript in dist: ${total} bytes`);
    expect(total).toBeLessThanOrEqual(IN_TOTAL);
  });
});
