import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const KEYS = 50_000;
/** A tenth more than the 4 260 bytes that Node 20 takes. */
const MOST = 4_650;

/** Bytes for each key that is idle, in a process of its own where garbage is collected on demand. */
function bytesPerKey(): number {
  const script = `
    import { CircuitBreaker, keyed } from 'holdfast';
    const used = () => { for (let time = 0; time < 4; time++) gc(); return process.memoryUsage().heapUsed; };
    const fill = (breakers, from, keys) => { for (let key = from; key < from + keys; key++) breakers.get(key); };
    fill(keyed(() => new CircuitBreaker()), 0, 2_000);
    const breakers = keyed(() => new CircuitBreaker(), { maxKeys: ${KEYS} });
    const before = used();
    fill(breakers, 0, ${KEYS});
    const after = used();
    if (breakers.size !== ${KEYS}) throw new Error('keys are missing');
    console.log((after - before) / ${KEYS});`;
  const output = execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
    timeout: 180_000,
  });
  return Number(output.trim());
}

describe('keyed(() => new CircuitBreaker())', () => {
  it('holds an idle key in a few kilobytes', () => {
    const bytes = bytesPerKey();

    console.log(`keyed: ${Math.round(bytes)} bytes for each idle breaker`);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(MOST);
  });
});
