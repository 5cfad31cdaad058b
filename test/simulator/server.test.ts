import { describe, expect, it } from 'vitest';
import { pipeline, type CallContext } from 'holdfast';
import { conditions } from '../../src/simulator/conditions.ts';
import { EventQueue } from '../../src/simulator/event-queue.ts';
import { pulse } from '../../src/simulator/pulse.ts';
import { randomStreams } from '../../src/simulator/random-streams.ts';
import type { Service } from '../../src/simulator/scenario.ts';
import { Server } from '../../src/simulator/server.ts';
import type { ServiceFault } from '../../src/simulator/service-fault.ts';
import type { Trigger } from '../../src/simulator/trigger.ts';
import { turns } from '../rejection.ts';

const NONE = {
  sent: 0,
  received: 0,
  succeeded: 0,
  failed: 0,
  refused: 0,
  expired: 0,
  stopped: 0,
  wasted: 0,
  lost: 0,
  queued: 0,
  running: 0,
};

function made(service: Partial<Service>, triggers: readonly Trigger[] = []) {
  const queue = new EventQueue();
  const around = { queue, pulse: pulse(), streams: randomStreams(1) };
  const whole: Service = { workers: 1, serviceTime: { kind: 'constant', mean: 100 }, ...service };
  const server = new Server('api', whole, conditions(triggers), around);
  const log: string[] = [];
  const send = (name: string, asker?: Partial<CallContext>): void =>
    server.send(
      asker,
      () => log.push(`${name} ${queue.now()}`),
      (error) => log.push(`${name} ${queue.now()} ${(error as ServiceFault).code}`),
    );
  const play = async (end = 10_000): Promise<void> => {
    for (let event = queue.next(end); event; event = queue.next(end)) {
      event.happen();
      await turns();
    }
  };
  return { server, queue, log, send, play, around };
}

describe('Server', () => {
  it('takes requests in order, as many at once as it has workers', async () => {
    const { server, log, send, play } = made({ workers: 2 });
    ['a', 'b', 'c'].forEach((name) => send(name));
    const before = [server.busy, server.queued];

    await play();

    expect([before, log]).toEqual([
      [2, 1],
      ['a 100', 'b 100', 'c 200'],
    ]);
    expect(server.totals).toEqual({ ...NONE, sent: 3, received: 3, succeeded: 3 });
  });

  it('takes the last one first where it is told so', async () => {
    const { log, send, play } = made({ queue: { order: 'lifo' } });
    ['a', 'b', 'c'].forEach((name) => send(name));

    await play();

    expect(log).toEqual(['a 100', 'c 200', 'b 300']);
  });

  it('turns down what its line has no place for', async () => {
    const { server, log, send, play } = made({ queue: { limit: 1 }, latency: 5 });
    ['a', 'b', 'c'].forEach((name) => send(name));

    await play();

    expect(log).toEqual(['c 10 overloaded', 'a 110', 'b 210']);
    expect(server.totals).toEqual({ ...NONE, sent: 3, received: 3, succeeded: 2, refused: 1 });
  });

  it('limits the rate, and says when to come back', async () => {
    const hints: unknown[] = [];
    const { server, send, play, log } = made({ workers: 9, rateLimit: { limit: 1, interval: 500, burst: 2 } });
    ['a', 'b'].forEach((name) => send(name));

    server.send(
      undefined,
      () => {},
      (error) => hints.push((error as ServiceFault).retryAfter),
    );
    server.send(
      undefined,
      () => {},
      (error) => hints.push((error as ServiceFault).retryAfter),
    );
    await play();

    expect([hints, log]).toEqual([
      [500, 500],
      ['a 100', 'b 100'],
    ]);
  });

  it('fails as often as its error rate says', async () => {
    const { server, send, play } = made({ workers: 10_000, errorRate: 0.3 });
    for (let request = 0; request < 2_000; request++) send('x');

    await play();

    const { failed, succeeded } = server.totals;
    expect([failed + succeeded, Math.abs(failed / 2_000 - 0.3) < 0.04]).toEqual([2_000, true]);
  });

  describe('given requests that were given up', () => {
    const given = (aborted: AbortSignal): Partial<CallContext> => ({ remaining: 0, signal: aborted });

    it('works them off all the same, for nobody', async () => {
      const { server, log, send, play } = made({});
      send('a', { remaining: 0 });
      send('b');

      await play();

      expect([log, server.totals.wasted]).toEqual([['a 100', 'b 200'], 1]);
    });

    it('drops them from its line when their turn comes, if it is told so', async () => {
      const { server, log, send, play } = made({ queue: { dropExpired: true } });
      const controller = new AbortController();
      send('a');
      send('b', given(controller.signal));
      send('c');

      await play();

      expect([log, server.totals.expired]).toEqual([['a 100', 'c 200'], 1]);
    });

    it('stops them, if it is told so, whether they wait or are worked on, or are on their way', async () => {
      const { server, queue, log, send, play } = made({ abandoned: 'stop', queue: { dropExpired: true }, latency: 1 });
      const controllers = Array.from({ length: 4 }, () => new AbortController());
      ['a', 'b', 'c', 'd'].forEach((name, index) =>
        send(name, { remaining: index === 2 ? 0 : 50, signal: controllers[index]!.signal }),
      );
      queue.plan(50, () => controllers[0]!.abort());
      queue.plan(0, () => controllers[3]!.abort());
      queue.plan(40, () => controllers[1]!.abort());

      await play();

      // c has expired by its clock when its turn comes, and is dropped.
      expect([log, server.totals]).toEqual([[], { ...NONE, sent: 4, received: 4, stopped: 3, expired: 1 }]);
    });
  });

  describe('given triggers', () => {
    const at = { at: 0, duration: 150 };

    it('is slow with what it begins in a slowdown', async () => {
      const { log, send, play } = made({}, [{ kind: 'slowdown', ...at, factor: 3 }]);
      ['a', 'b'].forEach((name) => send(name));

      await play();

      expect(log).toEqual(['a 300', 'b 400']);
    });

    it('refuses connections in an outage, and works off what it has', async () => {
      const { server, queue, log, send, play } = made({ latency: 10 }, [{ kind: 'outage', at: 50, duration: 50 }]);
      send('a');
      queue.plan(60, () => send('b'));

      await play();

      expect([log, server.totals]).toEqual([
        ['b 80 refused', 'a 120'],
        { ...NONE, sent: 2, received: 1, succeeded: 1, refused: 1 },
      ]);
    });

    it('fails in part', async () => {
      const { log, send, play } = made({}, [{ kind: 'errors', ...at, rate: 1 }]);
      ['a', 'b'].forEach((name) => send(name));

      await play();

      expect(log).toEqual(['a 100 failed', 'b 200']);
    });

    it('has fewer workers, and all of them again when it is over', async () => {
      const { server, log, send, play } = made({ workers: 3 }, [{ kind: 'capacity', ...at, factor: 0 }]);
      ['a', 'b', 'c'].forEach((name) => send(name));
      const busy = server.busy;

      await play();

      expect([busy, log]).toEqual([0, ['a 250', 'b 250', 'c 250']]);
    });

    it('hears and answers nothing in a partition', async () => {
      const { server, log, send, play } = made({}, [{ kind: 'partition', at: 50, duration: 100 }]);
      send('a');
      await play(60);
      send('b');
      await play();

      expect([log, server.totals]).toEqual([[], { ...NONE, sent: 2, received: 1, succeeded: 1, lost: 2 }]);
    });

    it('does the work and never ends its answers in a stall', async () => {
      const { server, log, send, play } = made({}, [{ kind: 'stall', ...at }]);
      ['a', 'b'].forEach((name) => send(name));

      await play();

      expect([log, server.totals]).toEqual([['b 200'], { ...NONE, sent: 2, received: 2, succeeded: 2, lost: 1 }]);
    });
  });

  describe('given services behind it', () => {
    const behind = (service: Partial<Service>, triggers: readonly Trigger[] = [], front: Partial<Service> = {}) => {
      const all = made(front);
      const inner = new Server(
        'db',
        { workers: 1, serviceTime: { kind: 'constant', mean: 30 }, ...service },
        conditions(triggers),
        all.around,
      );
      all.server.connect([inner], pipeline());
      return { ...all, inner };
    };

    it('asks them when its own work is done, while its worker waits', async () => {
      const { server, inner, log, send, play } = behind({});
      ['a', 'b'].forEach((name) => send(name));

      await play();

      expect([log, inner.totals.succeeded, server.totals.succeeded]).toEqual([['a 130', 'b 260'], 2, 2]);
    });

    it('fails where they do', async () => {
      const { server, log, send, play } = behind({ errorRate: 1 });
      send('a');

      await play();

      expect([log, server.totals.failed]).toEqual([['a 130 failed'], 1]);
    });

    it('lets go of them when its own client gives up', async () => {
      const { server, inner, queue, log, send, play } = behind({ abandoned: 'stop' }, [], { abandoned: 'stop' });
      const controller = new AbortController();
      send('a', { remaining: 50, signal: controller.signal });
      send('b');
      queue.plan(110, () => controller.abort());

      await play();

      expect([log, inner.totals.stopped, server.totals.stopped]).toEqual([['b 240'], 1, 1]);
    });
  });
});
