import { describe, expect, it } from 'vitest';
import { classify } from 'holdfast/http';
import { ServiceFault } from 'holdfast/simulator';
import { serviceFault } from '../../src/simulator/service-fault.ts';

describe('serviceFault()', () => {
  it.each([
    ['refused', undefined, 'api refused the connection'],
    ['overloaded', 503, 'api has too many requests in line'],
    ['rate-limited', 429, 'api allows no more requests now'],
    ['failed', 500, 'api failed'],
  ] as const)('is an error as a client sees it, where a request is %s', (code, status, message) => {
    const fault = serviceFault('api', code, 250);

    expect(fault).toBeInstanceOf(ServiceFault);
    expect({ ...fault, name: fault.name, message: fault.message }).toEqual({
      name: 'ServiceFault',
      message,
      code,
      status,
      retryAfter: 250,
    });
  });

  it('has no stack, and leaves others theirs', () => {
    const fault = serviceFault('api', 'failed');

    expect([fault.stack, /service-fault\.test/.test(new Error('x').stack!)]).toEqual([
      'ServiceFault: api failed',
      true,
    ]);
  });

  it('has a status that classify knows', () => {
    const kinds = (['overloaded', 'rate-limited', 'failed'] as const).map((code) =>
      classify(serviceFault('api', code)),
    );

    expect(kinds).toEqual(['transient', 'throttled', 'transient']);
  });
});
