import * as holdfast from 'holdfast';
import { describe, expect, it } from 'vitest';
import { backoffShape } from '../../src/json/backoff-shape.ts';
import type { CasesShape, KindsShape } from '../../src/json/read-shape.ts';

describe('backoffShape', () => {
  it('has every backoff that the package exports, by its name in kebab-case, and no other', () => {
    const [, [, shape]] = (backoffShape.shape() as CasesShape).cases as never as [never, [never, KindsShape]];
    const kinds = Object.keys(shape.kinds);

    const camel = kinds.map((kind) => kind.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()));

    const exported = ['constant', 'exponential', 'linear', 'fibonacci', 'sequence', 'capped', 'atLeast'];
    const jitters = Object.keys(holdfast).filter((name) => name.endsWith('Jitter'));
    expect(camel.sort()).toEqual([...exported, ...jitters].sort());
  });
});
