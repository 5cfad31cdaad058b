import { watch } from '../base/abort.ts';
import type { Policy } from '../base/policy.ts';
import type { Random } from '../base/random.ts';
import { RateLimiter } from '../index.ts';
import { askAll } from './ask-all.ts';
import { conditionsAt, type Conditions } from './conditions.ts';
import { distribution } from './distribution.ts';
import type { EventQueue } from './event-queue.ts';
import type { Pulse } from './pulse.ts';
import { Request, type Asker } from './request.ts';
import { RequestLine } from './request-line.ts';
import type { RandomStreams } from './random-streams.ts';
import type { Service } from './scenario.ts';
import { serviceFault, type ServiceFaultCode } from './service-fault.ts';
import type { ServiceTotals } from './simulation-result.ts';

/** What a server stands in. */
export interface Surroundings {
  readonly queue: EventQueue;
  readonly pulse: Pulse;
  readonly streams: RandomStreams;
}

type Counts = { -readonly [Name in Exclude<keyof ServiceTotals, 'queued' | 'running'>]: number };

/** A service at work: takes requests from its line, works them off, and answers. */
export class Server {
  readonly #name: string;
  readonly #service: Service;
  readonly #stretches: readonly Conditions[];
  readonly #queue: EventQueue;
  readonly #pulse: Pulse;
  readonly #work: () => number;
  readonly #chance: Random;
  readonly #limiter: RateLimiter | undefined;
  readonly #line: RequestLine<Request>;
  readonly #counts: Counts = {
    sent: 0,
    received: 0,
    succeeded: 0,
    failed: 0,
    refused: 0,
    expired: 0,
    stopped: 0,
    wasted: 0,
    lost: 0,
  };
  #busy = 0;
  /** What it asks in its turn, and the guard around that. */
  #inner: { readonly servers: readonly Server[]; readonly policy: Policy<unknown> } | undefined;

  constructor(name: string, service: Service, stretches: readonly Conditions[], around: Surroundings) {
    const { queue, pulse, streams } = around;
    const { serviceTime, rateLimit, queue: line = {} } = service;
    this.#name = name;
    this.#service = service;
    this.#stretches = stretches;
    this.#queue = queue;
    this.#pulse = pulse;
    this.#work = distribution(serviceTime, streams(`service ${name} work`));
    this.#chance = streams(`service ${name} errors`);
    this.#limiter = rateLimit && new RateLimiter({ ...rateLimit, clock: queue });
    this.#line = new RequestLine(line.order ?? 'fifo');
    for (const { from } of stretches) if (from) queue.plan(from, () => this.#serve());
  }

  /** Requests in line. */
  get queued(): number {
    return this.#line.length;
  }

  /** Busy workers. */
  get busy(): number {
    return this.#busy;
  }

  /** What has become of its requests. */
  get totals(): ServiceTotals {
    return { ...this.#counts, queued: this.queued, running: this.busy };
  }

  /** Says what its requests ask when their own work is done. */
  connect(servers: readonly Server[], policy: Policy<unknown>): void {
    this.#inner = { servers, policy };
  }

  /** Takes a request from the network; one of the two functions is called with the answer, if there ever is one. */
  send(asker: Asker, resolve: () => void, reject: (error: unknown) => void): void {
    this.#counts.sent++;
    if (this.#now().partition) this.#counts.lost++;
    else {
      const request = new Request(asker, resolve, reject);
      this.#travel(() => this.#arrive(request));
    }
  }

  #now(): Conditions {
    return conditionsAt(this.#stretches, this.#queue.now());
  }

  #travel(arrive: () => void): void {
    const { latency = 0 } = this.#service;
    if (latency) this.#queue.plan(latency, arrive);
    else arrive();
  }

  #arrive(request: Request): void {
    const { queue: { limit = Infinity } = {}, abandoned } = this.#service;
    if (this.#now().outage) return this.#refuse(request, 'refused');
    this.#counts.received++;
    if (this.#limiter && !this.#limiter.tryAcquire()) {
      const turn = this.#limiter.reserve();
      turn.cancel();
      return this.#refuse(request, 'rate-limited', turn.delay);
    }
    if (this.#busy >= this.#workers() && this.#line.length >= limit) return this.#refuse(request, 'overloaded');
    const signal = abandoned === 'stop' ? request.asker?.signal : undefined;
    if (signal?.aborted) {
      this.#counts.stopped++;
      return;
    }
    if (signal) request.unwatch = watch(signal, () => this.#stop(request));
    if (this.#busy < this.#workers()) this.#start(request);
    else this.#line.push(request);
  }

  #workers(): number {
    return Math.round(this.#service.workers * this.#now().capacity);
  }

  /** Gives free workers what waits. */
  #serve(): void {
    const dropExpired = this.#service.queue?.dropExpired;
    while (this.#busy < this.#workers()) {
      const request = this.#line.take();
      if (!request) return;
      if (dropExpired && request.expired) {
        this.#counts.expired++;
        request.unwatch?.();
      } else this.#start(request);
    }
  }

  #start(request: Request): void {
    this.#busy++;
    request.event = this.#queue.plan(this.#work() * this.#now().slowdown, () => {
      request.event = undefined;
      if (this.#inner) this.#ask(request);
      else this.#finish(request, true);
    });
  }

  #ask(request: Request): void {
    const { servers, policy } = this.#inner!;
    if (request.unwatch) request.inner = new AbortController();
    const signal = request.inner?.signal;
    this.#pulse.stirred = true;
    policy
      .execute((context) => askAll(servers, context), signal && { signal })
      .then(
        () => this.#finish(request, true),
        () => this.#finish(request, false),
      );
  }

  #finish(request: Request, good: boolean): void {
    this.#pulse.beats++;
    if (request.gone) return;
    const { errorRate = 0 } = this.#service;
    const errors = 1 - (1 - errorRate) * (1 - this.#now().errors);
    request.unwatch?.();
    this.#busy--;
    if (request.expired) this.#counts.wasted++;
    if (errors && this.#chance() < errors) good = false;
    this.#counts[good ? 'succeeded' : 'failed']++;
    this.#serve();
    this.#answer(request, good ? undefined : serviceFault(this.#name, 'failed'));
  }

  /** The client has given up. */
  #stop(request: Request): void {
    this.#counts.stopped++;
    request.unwatch!();
    if (request.event) this.#queue.callOff(request.event);
    else if (!request.inner) return this.#line.leave(request);
    request.gone = true;
    request.inner?.abort();
    this.#busy--;
    this.#serve();
  }

  #refuse(request: Request, code: ServiceFaultCode, retryAfter?: number): void {
    this.#counts.refused++;
    this.#answer(request, serviceFault(this.#name, code, retryAfter));
  }

  #answer(request: Request, error: unknown): void {
    const { partition, stall } = this.#now();
    if (partition || stall) this.#counts.lost++;
    else {
      this.#travel(() => {
        this.#pulse.stirred = true;
        this.#pulse.beats++;
        if (error) request.reject(error);
        else request.resolve();
      });
    }
  }
}
