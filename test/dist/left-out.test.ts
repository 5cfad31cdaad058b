import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cut, hasParts, parts } from '../bench/parts.mjs';

const dist = join(import.meta.dirname, '../../dist');

it('has every part that the benchmark leaves out to see what it costs, all in one file', () => {
  const files = readdirSync(dist).filter((name) => name.endsWith('.js'));
  const machine = files.map((name) => readFileSync(join(dist, name), 'utf8')).filter(hasParts);

  expect(machine).toHaveLength(1);
  expect(cut(machine[0]!, Object.keys(parts)).length).toBeGreaterThan(machine[0]!.length / 2);
});
