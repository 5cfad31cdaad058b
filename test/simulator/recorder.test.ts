import { describe, expect, it } from 'vitest';
import { Recorder } from '../../src/simulator/recorder.ts';

const GAUGES = { breakers: { closed: 1, open: 0, halfOpen: 0 }, queued: 2, busy: 3 };

describe('Recorder', () => {
  it('counts in all, and by buckets', () => {
    const recorder = new Recorder();
    recorder.offered(2);
    recorder.offered(2);
    recorder.sent(2);
    recorder.settled('succeeded', 10);
    recorder.close(1_000, GAUGES);
    recorder.sent(4);
    recorder.settled('failed', 5);
    recorder.offered(2);
    recorder.settled('refused', 0);
    recorder.offered(2);

    recorder.close(2_000, GAUGES);

    const none = { p50: null, p90: null, p99: null, p999: null, max: null };
    const ten = { p50: 10, p90: 10, p99: 10, p999: 10, max: 10 };
    expect(recorder.series.map(({ latency, ...rest }) => ({ ...rest, max: latency.max }))).toEqual([
      { time: 0, offered: 2, sent: 2, succeeded: 1, failed: 0, refused: 0, max: 10, ...GAUGES, inFlight: 1 },
      { time: 1_000, offered: 2, sent: 4, succeeded: 0, failed: 1, refused: 1, max: null, ...GAUGES, inFlight: 1 },
    ]);
    expect(recorder.series[1]!.latency).toEqual(none);
    expect(Object.values(recorder.latency).map((each) => Math.round(each!))).toEqual(Object.values(ten));
    expect(recorder.total).toEqual({ offered: 4, sent: 6, succeeded: 1, failed: 1, refused: 1 });
    expect([recorder.inFlight, recorder.amplification]).toEqual([1, 0.75]);
  });

  it('amplifies nothing as long as there is nothing', () => {
    expect(new Recorder().amplification).toBe(1);
  });
});
