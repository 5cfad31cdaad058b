import { describe, expect, it } from 'vitest';
import { CircuitBreaker, pipeline, retry, timeout, type Policy } from 'holdfast';
import { layersIn, layersOf } from '../../src/base/layers.ts';

const foreign: Policy = { execute: async (fn) => fn(undefined as never) };

describe('layersOf()', () => {
  it.each([
    ['retry()', () => retry(), ['retry']],
    ['timeout()', () => timeout(1), ['timeout']],
    ['new CircuitBreaker()', () => new CircuitBreaker(), ['circuit-breaker']],
    ['pipeline()', () => pipeline(), []],
    [
      'a pipeline of policies and pipelines',
      () => pipeline(timeout(9), pipeline(retry(), new CircuitBreaker()), timeout(1)),
      ['timeout', 'retry', 'circuit-breaker', 'timeout'],
    ],
  ] as const)('knows the layers of %s, outermost first', (_, make, expected) => {
    const layers = layersOf(make());

    expect(layers?.map(({ kind }) => kind)).toEqual(expected);
  });

  it('gives a breaker the same layer in every pipeline, so that its memory is one', () => {
    const breaker = new CircuitBreaker();

    const [alone, one, other] = [breaker, pipeline(breaker), pipeline(retry(), breaker)].map(layersOf);

    expect(one![0]).toBe(alone![0]);
    expect(other![1]).toBe(alone![0]);
  });

  it.each([
    ['a policy made elsewhere', foreign],
    ['a pipeline with one in it', pipeline(retry(), foreign)],
    ['a copy of a policy of ours', { ...retry() }],
  ])('knows none of %s', (_, policy) => {
    const layers = layersOf(policy);

    expect(layers).toBeUndefined();
  });
});

describe('layersIn()', () => {
  it.each([
    ['a policy of ours', retry(), ['retry']],
    ['a policy made elsewhere', foreign, ['made elsewhere']],
    [
      'a pipeline with such a one in it',
      pipeline(timeout(9), foreign, pipeline(retry(), foreign), new CircuitBreaker()),
      ['timeout', 'made elsewhere', 'retry', 'made elsewhere', 'circuit-breaker'],
    ],
  ] as const)('knows what is known of %s', (_, policy, expected) => {
    const layers = layersIn(policy);

    expect(layers.map(({ kind }) => kind)).toEqual(expected);
  });
});
