/** What a window remembers: the outcomes of the last `duration` ms, of the last `calls` calls, or nothing. */
export type WindowSpec = { readonly duration: number } | { readonly calls: number } | undefined;

/** What a window says of the calls in it. */
export interface OutcomeCounts {
  /** Calls in the window; never fewer than `failures` or `slow`. */
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

/** What one outcome adds to the calls, the failures and the slow calls. */
export type Tally = readonly [calls: number, failures: number, slow: number];

/**
 * Memory of outcomes, of constant size and plain data: a ring of buckets, each of three counts. A time window has ten
 * buckets and is as exact as a tenth of itself; a window of calls has one a call.
 */
export interface OutcomeWindow {
  readonly buckets: number[];
  /** The number of the newest bucket, counted in time or in calls. */
  head: number;
  readonly sums: number[];
}

const TIME_BUCKETS = 10;

/** A window with nothing in it. */
export function outcomeWindow(spec: WindowSpec): OutcomeWindow {
  const buckets = spec && 'calls' in spec ? spec.calls : TIME_BUCKETS;
  return { buckets: Array<number>(spec ? 3 * buckets : 0).fill(0), head: 0, sums: [0, 0, 0] };
}

/** Adds one outcome at `now`, and says what the window holds then. */
export function record(window: OutcomeWindow, spec: WindowSpec, now: number, tally: Tally): OutcomeCounts {
  const { buckets, sums } = window;
  if (spec) {
    const head = 'calls' in spec ? window.head + tally[0] : bucketAt(spec, now);
    if (head > window.head) expire(window, head);
    const at = placeOf(window.head, buckets);
    for (let part = 0; part < 3; part++) {
      const more = tally[part]!;
      if (!more) continue;
      buckets[at + part]! += more;
      sums[part]! += more;
    }
  }
  const failures = sums[1]!;
  const slow = sums[2]!;
  return { calls: Math.max(sums[0]!, failures, slow), failures, slow };
}

/** The number of the bucket of a time window at `now`. */
export function bucketAt({ duration }: { readonly duration: number }, now: number): number {
  return Math.floor(now / (duration / TIME_BUCKETS));
}

/** Where the counts of a bucket lie in the ring. */
function placeOf(bucket: number, { length }: readonly number[]): number {
  return 3 * (bucket % (length / 3));
}

/** Moves on to bucket `head`; what lies more than the whole ring behind is forgotten. */
function expire(window: OutcomeWindow, head: number): void {
  const { buckets, sums } = window;
  for (let back = Math.min(buckets.length / 3, head - window.head) - 1; back >= 0; back--) {
    const at = placeOf(head - back, buckets);
    for (let part = 0; part < 3; part++) {
      sums[part]! -= buckets[at + part]!;
      buckets[at + part] = 0;
    }
  }
  window.head = head;
}

/** Forgets everything. */
export function clear({ buckets, sums }: OutcomeWindow): void {
  buckets.fill(0);
  sums.fill(0);
}
