import { describe, expect, it } from 'vitest';
import { scenarioFrom } from 'holdfast/simulator';
import { simulationPage } from '../../src/cli/simulation-page.ts';
import { simulationRuns } from '../../src/cli/simulation-runs.ts';

const scenario = scenarioFrom({
  version: 1,
  duration: '10s',
  clients: [{ count: 2, arrivals: { kind: 'constant', rate: 5 }, calls: 'users' }],
  services: { users: { workers: 4, serviceTime: { kind: 'constant', mean: '50ms' } } },
  triggers: [{ kind: 'outage', at: '5s', duration: '4s' }],
});
const run = (...names: string[]): ReturnType<typeof simulationRuns> =>
  simulationRuns(
    names.map((name) => ({ name, scenario })),
    [1],
    { show: () => {}, end: () => {} },
  );
const count = (text: string, part: string): number => text.split(part).length - 1;

describe('simulationPage()', () => {
  it('has the table and a chart for each thing, and the numbers of each chart', async () => {
    const html = simulationPage({ name: 'x & y.json', scenario, seeds: [1], policies: await run('as it is') });

    expect(html).toContain('<h1>x &#38; y.json</h1>');
    expect(html).toContain('<p>outage at 5 s for 4 s</p>');
    expect([count(html, '<svg'), count(html, '<details>'), count(html, '<table>')]).toEqual([5, 5, 6]);
    expect(html.match(/.{20}(NaN|undefined).{20}/g)).toBeNull();
  });

  it('shows several policies side by side', async () => {
    const html = simulationPage({ name: 'x', scenario, seeds: [1, 2], policies: await run('one', 'two') });

    expect(html).toContain('<h2>Side by side</h2>');
    expect([count(html, '<svg'), count(html, '<h2>')]).toEqual([12, 3]);
    expect(new Set(html.match(/ id="[^"]+"/g)).size).toBe(24);
  });

  it('says where a run was ended before its time, and shows gaps where nothing was measured', async () => {
    const [policy] = await run('one');
    const stopped = { ...policy!, first: { ...policy!.first, stopped: { at: 3_000, why: 'too <much>' } } };

    const html = simulationPage({ name: 'x', scenario, seeds: [1], policies: [stopped] });

    expect(html).toContain('Ended at 3 s: too &#60;much&#62;.');
    expect(html).toContain('<td>–</td>');
  });
});
