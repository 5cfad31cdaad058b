import * as holdfast from 'holdfast';
import { describe, expect, it } from 'vitest';
import { policyShape } from '../../src/json/policy-shape.ts';
import type { KindsShape } from '../../src/json/read-shape.ts';
import { optionsInSource } from '../house/docs-tables.ts';

const { kinds } = policyShape.shape() as KindsShape;

describe('policyShape', () => {
  it('has every policy that the package exports: what makes one, and the classes', () => {
    const functions = ['standard', 'retry', 'timeout', 'hedge', 'fallback', 'pipeline'];
    const classes = Object.entries(holdfast)
      .filter(([, value]) => /^class\s[\s\S]*\bexecute = /.test(String(value)))
      .map(([name]) => name.replace(/(?!^)[A-Z]/g, '-$&').toLowerCase());

    expect(classes).toHaveLength(5);
    expect(Object.keys(kinds).sort()).toEqual([...functions, ...classes].sort());
  });

  it('has every option of a standard policy, but for those that bring in time and chance', () => {
    const declared = [...optionsInSource().get('StandardOptions')!.keys()];

    expect(Object.keys(kinds['standard']!.fields).sort()).toEqual(
      declared.filter((name) => !['clock', 'random'].includes(name)).sort(),
    );
  });
});
