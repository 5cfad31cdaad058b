// Writes the table of docs/overload.md: every policy under every trigger, medians over three seeds.
// Run it by `npm run overload`; it takes some minutes.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compare } from '../../dist/simulator.js';
import { clientPolicies } from './client-policies.mjs';

const page = fileURLToPath(new URL('../../docs/overload.md', import.meta.url));
const seeds = [1, 2, 3];

/** 40 clients, two calls a second each, of a service that has 70 % to do; callers wait 30 s at most. */
const scenario = {
  duration: 100_000,
  clients: [{ count: 40, arrivals: { kind: 'poisson', rate: 2 }, calls: 'api', patience: 30_000 }],
  services: { api: { workers: 4, serviceTime: { kind: 'exponential', mean: 35 } } },
};
const when = { at: 20_000, duration: 10_000 };
const triggers = {
  'slow: 5 times': { kind: 'slowdown', factor: 5, ...when },
  'outage: refused': { kind: 'outage', ...when },
  'errors: half': { kind: 'errors', rate: 0.5, ...when },
  'capacity: a quarter': { kind: 'capacity', factor: 0.25, ...when },
  'surge: 4 times': { kind: 'surge', factor: 4, ...when },
};

const rows = [];
for (const [name, policy] of Object.entries(clientPolicies)) {
  const cells = [];
  let most = 0;
  for (const trigger of Object.values(triggers)) {
    const { policies } = await compare({ it: policy }, { ...scenario, triggers: [trigger] }, { seeds });
    const { goodput, recovery, amplification } = policies.it;
    most = Math.max(most, amplification.median);
    const back = recovery.median === Infinity ? '**never**' : `${recovery.median / 1_000} s`;
    cells.push(`${back}, ${(100 * goodput.median).toFixed(0)} %`);
  }
  rows.push([name, ...cells, most.toFixed(1)]);
  console.log(rows.at(-1).join(' | '));
}
const head = ['client', ...Object.keys(triggers), 'most requests a call'];
const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const [before, rest] = readFileSync(page, 'utf8').split('<!-- table -->');
const [, after] = rest.split('<!-- end of table -->');
writeFileSync(page, `${before}<!-- table -->\n\n${table}\n\n<!-- end of table -->${after}`);
