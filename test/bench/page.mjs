// What docs/speed.md says of the figures: a function of recorded.json and of the cases, nothing else.

import { filled, shown, table } from './markdown.mjs';
import { parts } from './parts.mjs';

const OURS = 'holdfast';
const NOT_PEERS = ['bare', 'by hand'];
const DOORS = /^holdfast/;

/**
 * Which target a figure reaches.
 *
 * @param {number} value
 * @param {number} must
 * @param {number} goal
 */
export function holds(value, must, goal) {
  return value <= goal ? 'goal' : value <= must ? 'must' : '**no**';
}

/**
 * The page with its sections as recorded.
 *
 * @param {string} page
 * @param {any} recorded
 * @param {readonly import('./cases.mjs').Case[]} cases
 */
export function speedPage(page, recorded, cases) {
  return filled(page, sectionsOf(recorded, cases));
}

/**
 * The sections, by name.
 *
 * @param {any} recorded
 * @param {readonly import('./cases.mjs').Case[]} cases
 */
export function sectionsOf(recorded, cases) {
  const { J, K, L, N, S, W, Y } = recorded.scale;
  const rows = caseRows(recorded, cases);
  const more = scaleRows(recorded.scale);
  return {
    verdict: verdictOf([...rows, ...more]),
    cases: table(
      // prettier-ignore
      ['', 'case', 'calls', 'bare, ns', 'by hand, ns', 'holdfast, ns', 'ratio', 'of the runs', 'must', 'goal', 'holds', 'by hand', 'best peer', 'its ratio', 'ahead', 'bytes', 'promises'],
      rows.map((row) => row.cells),
    ),
    scale: table(
      ['', 'what', 'holdfast', 'ratio', 'must', 'goal', 'holds', 'by hand', 'best peer', 'ahead'],
      more.map((row) => row.cells),
    ),
    peers: peersOf(recorded, cases),
    sleeping: J ? sleepingOf(J) : '',
    window: K ? windowOf(K) : '',
    signal: S ? signalOf(S) : '',
    without: W ? withoutOf(W) : '',
    keys: Y ? keysOf(Y) : '',
    imports: L ? importsOf(L) : '',
    left: N ? leftOf(N) : '',
    better: betterOf([...rows, ...more]),
    missed: missedOf(rows, recorded.profiles ?? {}),
    machine: machineOf(recorded),
  };
}

const CALLS = { 0: 'synchronous', 1: 'one after another', 1000: '1000 at once' };

function caseRows({ cases: all }, cases) {
  return cases
    .filter(({ id }) => all[id])
    .map(({ id, title, width, baseline, must, goal }) => {
      const { contenders, ratios } = all[id];
      const { ns, ratio, low, high, bytes, promises } = contenders[OURS];
      const peer = bestOf(contenders, (figures) => figures.ratio);
      const verdict = holds(ratio, must, goal);
      const ahead = peer && ratio <= peer.value;
      const hand = ratios.bare && contenders['by hand'].ratio;
      const cells = [
        id,
        title,
        CALLS[width],
        shown(contenders.bare?.ns),
        shown(contenders['by hand'].ns),
        shown(ns),
        baseline === 'bare' ? `**${shown(ratio)}**` : `**${shown(ratio)}** of by hand`,
        low === high ? '–' : `${shown(low)} to ${shown(high)}`,
        shown(must),
        shown(goal),
        verdict,
        shown(hand ?? 1),
        peer?.name ?? '–',
        shown(peer?.value),
        peer ? yesOrNo(ahead) : '–',
        shown(bytes),
        shown(promises),
      ];
      return { id, title, cells, verdict, peer, ahead, value: ratio };
    });
}

/** Everything that is not the time of one call, in the same form. `J` is judged by the ratio to what is written by hand. */
function scaleRows({ J, K, L, N }) {
  const rows = [];
  const toHand = (id, what, field, must, goal) => {
    const hand = J.contenders['by hand'][field];
    const value = J.contenders[OURS][field];
    const peer = bestOf(J.contenders, (figures) => figures[field]);
    rows.push(row({ id, what, value, judged: value / hand, must, goal, hand, peer }));
  };
  if (J) {
    const calls = grouped(J.calls);
    toHand('J', `${calls} calls asleep: live heap for each, bytes`, 'heap', 1.06, 0.86);
    toHand('', 'CPU for each, µs', 'cpu', 0.95, 0.8);
  }
  if (K) {
    const peer = bestOf(K.contenders, ({ kB, done }) => (done < K.calls ? null : kB));
    const hand = K.contenders['by hand'].kB;
    const value = K.contenders[OURS].kB;
    const what = `${grouped(K.calls)} calls through a window of 10 s: heap kept, kB`;
    rows.push(row({ id: 'K', what, value, must: 200, goal: 120, hand, peer }));
  }
  if (L) {
    const peer = bestOf(
      fromEntries(L.imports, (name) => !DOORS.test(name)),
      ({ cpu }) => cpu,
    );
    rows.push(
      row({
        id: 'L',
        what: '`import` of the core, ms of the processor',
        value: L.imports.holdfast.cpu,
        must: 4,
        goal: 2,
        peer,
      }),
    );
  }
  if (N) {
    const worst = (held) => Math.max(...Object.values(held));
    const peer = bestOf(N.contenders, worst);
    const what = 'a process held alive after its call, ms';
    const [value, hand] = [worst(N.contenders[OURS]), worst(N.contenders['by hand'])];
    rows.push(row({ id: 'N', what, value, must: 0, goal: 0, hand, peer }));
  }
  return rows;
}

function row({ id, what, value, judged = value, must, goal, hand = undefined, peer }) {
  const verdict = holds(judged, must, goal);
  const ahead = peer && value <= peer.value;
  const ratio = judged === value ? '–' : `**${shown(judged)}** of by hand`;
  const best = peer ? `${peer.name} ${shown(peer.value)}` : '–';
  const cells = [
    id,
    what,
    judged === value ? `**${shown(value)}**` : shown(value),
    ratio,
    shown(must),
    shown(goal),
    verdict,
    shown(hand),
    best,
    peer ? yesOrNo(ahead) : '–',
  ];
  return { id: id || 'J', title: what, cells, verdict, peer, ahead, value };
}

/** The peer with the smallest figure. */
function bestOf(contenders, figureOf) {
  const [best] = Object.entries(contenders)
    .filter(([name]) => !NOT_PEERS.includes(name) && !DOORS.test(name))
    .map(([name, figures]) => ({ name, value: figureOf(figures) }))
    .filter(({ value }) => typeof value === 'number')
    .toSorted((one, other) => one.value - other.value);
  return best;
}

function verdictOf(rows) {
  const count = (verdict) => rows.filter((each) => each.verdict === verdict).length;
  const [goal, must, no] = [count('goal'), count('must'), count('**no**')];
  const met = rows.filter(({ peer }) => peer);
  const ahead = met.filter((each) => each.ahead).length;
  const peers = `${ahead} of ${met.length}`;
  return `Figures with a target: ${rows.length}. At their goal: ${goal}; at what they must: ${must}; at neither: ${no}. Ahead of the best peer, or level with it: ${peers}.`;
}

function peersOf({ cases: all }, cases) {
  const ids = cases.map(({ id }) => id).filter((id) => all[id]);
  const names = [...new Set(ids.flatMap((id) => Object.keys(all[id].contenders)))];
  const cell = (name, id, cellOf) => {
    const figures = all[id].contenders[name];
    return figures ? cellOf(figures) : '';
  };
  const matrix = (cellOf, columns = ids) =>
    table(
      ['', ...columns],
      names
        .filter((name) => columns.some((id) => all[id].contenders[name]))
        .map((name) => [name, ...columns.map((id) => cell(name, id, cellOf))]),
    );
  const awaited = ids.filter((id) => cases.find((each) => each.id === id).width);
  return [
    'Ratios to the baseline:',
    matrix(({ ratio }) => shown(ratio)),
    'Bytes that one call allocates · promises that it makes, with those of the work and of the loop around it:',
    matrix(({ bytes, promises }) => `${shown(bytes)} · ${shown(promises)}`, awaited),
  ].join('\n\n');
}

function sleepingOf({ calls, longest, contenders, million }) {
  const rows = Object.entries(contenders).map(([name, { heap, cpu, started, total }]) => [
    name,
    grouped(calls),
    shown(heap),
    shown(cpu),
    shown(started),
    grouped(Math.round(total)),
    grouped(longest),
  ]);
  if (million) {
    const { heap, cpu, started, total, longest: most } = million;
    const [began, took, theory] = [shown(started), grouped(Math.round(total)), grouped(most)];
    rows.push([OURS, grouped(1_000_000), shown(heap), shown(cpu), began, took, theory]);
  }
  // prettier-ignore
  const header = ['', 'calls asleep', 'live heap a call, bytes', 'CPU a call, µs', 'all begun after, ms', 'all done after, ms', 'in theory, ms'];
  return table(header, rows);
}

function windowOf({ calls, contenders }) {
  const header = ['', 'calls', 'heap kept, kB', 'ns a call in the second tenth', 'in the last tenth'];
  const rows = Object.entries(contenders).map(([name, { done, kB, early, late }]) => [
    name,
    done < calls ? `${grouped(done)}, then stopped` : grouped(done),
    shown(kB),
    shown(early),
    shown(late),
  ]);
  return table(header, rows);
}

function signalOf({ calls, contenders }) {
  const header = ['', 'calls', 'listeners left', 'listeners at most', 'heap kept a call, bytes'];
  const rows = Object.entries(contenders).map(([name, { done, left, peak, bytes }]) => [
    name,
    done < calls ? `${grouped(done)}, then stopped` : grouped(done),
    left,
    peak,
    // What the engine lets go of meanwhile is more than such a call keeps.
    shown(Math.max(0, bytes)),
  ]);
  return table(header, rows);
}

function withoutOf({ ratios }) {
  const rows = [['nothing', 'nothing'], ...Object.entries(parts).map(([name, { says }]) => [name, says])];
  rows.push(['everything', 'all of these']);
  const cells = rows.map(([name, says]) => [
    says,
    ...Object.values(ratios).map((of) => (name in of ? shown(of[name]) : '')),
  ]);
  return table(['left out', ...Object.keys(ratios)], cells);
}

function keysOf({ keys, bytes, made, known, flooded, kB }) {
  return table(
    [
      'keys',
      'heap a key, bytes',
      'a new key, ns',
      'a known key, ns',
      'a new key that makes another go, ns',
      'heap kept by as many more, kB',
    ],
    [[grouped(keys), ...[bytes, made, known, flooded, kB].map(shown)]],
  );
}

function importsOf({ imports }) {
  const rows = Object.entries(imports).toSorted(([, one], [, other]) => one.cpu - other.cpu);
  return table(
    ['import', 'ms', 'of the processor'],
    rows.map(([name, { ms, cpu }]) => [name.replace(/^[^,]+/, '`$&`'), shown(ms), shown(cpu)]),
  );
}

function leftOf({ contenders }) {
  const held = Object.entries(contenders).filter(([, by]) => Object.values(by).some((ms) => ms > 0));
  const rest = Object.keys(contenders).filter((name) => !held.some(([other]) => other === name));
  const columns = [...new Set(held.flatMap(([, by]) => Object.keys(by)))];
  const all = `Nothing waits after the call of ${rest.join(', ')}.`;
  if (!held.length) return all;
  const cells = held.map(([name, by]) => [name, ...columns.map((kind) => (kind in by ? grouped(by[kind]) : ''))]);
  return `${all} After that of others, ms:\n\n${table(['', ...columns], cells)}`;
}

function betterOf(rows) {
  const better = rows.filter(({ peer, ahead }) => peer && !ahead);
  if (!better.length) return 'Nowhere in these tables.';
  return better
    .map(
      ({ id, title, peer, value }) => `- ${id}, ${title}: ${peer.name} ${shown(peer.value)}, holdfast ${shown(value)}.`,
    )
    .join('\n');
}

const MOST_FUNCTIONS = 8;

function missedOf(rows, profiles) {
  const missed = rows.filter(({ verdict, id }) => verdict === '**no**' && profiles[id]);
  if (!missed.length) return 'None is missed.';
  return missed
    .map(({ id, title }) => {
      const parts = profiles[id]
        .slice(0, MOST_FUNCTIONS)
        .map(({ name, part }) => [`\`${name}\``, `${shown(part * 100)} %`]);
      return `${id}, ${title}:\n\n${table(['function', 'of the time'], parts)}`;
    })
    .join('\n\n');
}

function machineOf({ machine, versions, effort }) {
  const { processor, cores, node, system } = machine;
  const libraries = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
  const { runs, rounds, sample } = effort;
  return `${processor}, ${cores} cores, ${system}, Node ${node}. ${libraries}. ${runs} runs of ${rounds} rounds of samples of ${sample} ms.`;
}

function fromEntries(all, wanted) {
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted(name)));
}

function yesOrNo(yes) {
  return yes ? 'yes' : 'no';
}

/** @param {number} value */
function grouped(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}
