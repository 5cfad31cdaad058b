import { describe, expect, it } from 'vitest';
import { checkStatuses, responseJudge, type ResponseRules } from '../../src/http/response-judge.ts';
import { rejection } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

async function meaning(status: number, rules: ResponseRules = {}): Promise<unknown> {
  const { judge, meaningOf } = responseJudge(rules);
  const response = new Response(null, { status });
  await judge(response);
  return meaningOf(response);
}

describe('responseJudge()', () => {
  it('goes by the hook, then by the statuses that are given, then by the table', async () => {
    const statuses = { 503: 'permanent', 409: 'transient' } as const;

    expect(await meaning(503)).toBe('transient');
    expect(await meaning(429)).toBe('throttled');
    expect(await meaning(200)).toBeUndefined();
    expect(await meaning(404)).toBeUndefined();
    expect(await meaning(503, { statuses })).toBeUndefined();
    expect(await meaning(409, { statuses })).toBe('transient');
    expect(await meaning(409, { statuses, classify: () => 'throttled' })).toBe('throttled');
    expect(await meaning(409, { statuses, classify: async () => undefined })).toBe('transient');
    expect(await meaning(200, { classify: () => 'transient' })).toBe('transient');
  });

  it('knows its own errors', async () => {
    const broken = new Error('broken');
    const { judge, isOwn } = responseJudge({
      classify: () => {
        throw broken;
      },
    });

    const error = await rejection(judge(new Response('ok')));

    expect([error, isOwn(error), isOwn(new Error('other')), isOwn('text')]).toEqual([broken, true, false, false]);
  });
});

describe('checkStatuses()', () => {
  it('takes meanings of statuses, and nothing else', () => {
    const statuses = { 409: 'transient', 999: 'unknown' };
    const expected =
      "Cannot test: expected statuses to say of statuses 'transient', 'throttled', 'permanent' or 'unknown'";
    const refused = (given: object): unknown => {
      try {
        return checkStatuses(given, 'statuses', 'test');
      } catch (error) {
        return error;
      }
    };

    expect(checkStatuses(statuses, 'statuses', 'test')).toEqual(statuses);
    expect(refused({ 1000: 'transient' })).toEqual(wrongArgument(TypeError, `${expected}, got "1000: transient"`));
    expect(refused({ 500: true })).toEqual(wrongArgument(TypeError, `${expected}, got "500: true"`));
  });
});
