import { describe, expect, it } from 'vitest';
import { flaky, main } from '../../docs/examples/flaky-function.mjs';

describe('docs/examples/flaky-function', () => {
  it('shows the value, the attempts and the exact delays of a call that fails N − 1 times', async () => {
    const { third, last, sync } = await main(() => {});

    expect(third).toEqual({ value: 'done', attempts: 3, delays: [100, 200] });
    expect(last).toEqual({ value: 'done', attempts: 5, delays: [100, 200, 400, 800] });
    expect(sync).toEqual({ value: 'done', attempts: 4, delays: [0.5, 1, 2] });
  });

  it('shows that a function that never fails is called once', async () => {
    const { first } = await main(() => {});

    expect(first).toEqual({ value: 'done', attempts: 1, delays: [] });
  });

  it('shows that the last error itself comes out when the attempts are used up', async () => {
    const { error, report } = await main(() => {});

    expect(error).toStrictEqual(new Error('failure 5'));
    expect(report).toEqual({ attempts: 5, delays: [100, 200, 400, 800], reason: 'attempts' });
  });

  it('prints one line for each call', async () => {
    const lines: string[] = [];

    await main((line) => lines.push(line));

    expect(lines).toEqual([
      'fails twice, 5 attempts allowed    {"value":"done","attempts":3,"delays":[100,200]}',
      'fails 4 times, 5 attempts allowed  {"value":"done","attempts":5,"delays":[100,200,400,800]}',
      'never fails                        {"value":"done","attempts":1,"delays":[]}',
      'always fails                       throws "failure 5", the last of them; ' +
        '{"attempts":5,"delays":[100,200,400,800],"reason":"attempts"}',
      'synchronous, base 0.5              {"value":"done","attempts":4,"delays":[0.5,1,2]}',
    ]);
  });
});

describe('flaky()', () => {
  it('throws another error each time, and then succeeds for good', () => {
    const fn = flaky(2);

    expect(fn).toThrow('failure 1');
    expect(fn).toThrow('failure 2');
    expect([fn(), fn()]).toEqual(['done', 'done']);
  });
});
