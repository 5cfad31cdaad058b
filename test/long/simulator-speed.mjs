// Prints two figures: simulated calls per second through standard(), and bytes per simulated client.
// Run it by `npm run simulator:speed`.
import { standard } from '../../dist/index.js';
import { simulate } from '../../dist/simulator.js';

const policy = ({ clock, random }) => standard({ clock, random });
const fleet = (count, rate, duration) => ({
  duration,
  clients: [{ count, arrivals: { kind: 'poisson', rate }, calls: 'api', policy }],
  services: { api: { workers: Math.ceil((count * rate) / 7), serviceTime: { kind: 'exponential', mean: 100 } } },
});

await simulate(fleet(40, 16, 60_000));
const speeds = [];
for (let round = 0; round < 5; round++) {
  const start = process.cpuUsage();
  const { totals } = await simulate(fleet(40, 16, 400_000));
  const { user, system } = process.cpuUsage(start);
  // By the time of the processor, all threads together: that of the wall says more of what else is running.
  speeds.push((totals.offered / (user + system)) * 1_000_000);
}
speeds.sort((one, other) => one - other);
const perSecond = speeds[2];

const heap = async (count) => {
  let used = 0;
  const probe = (tools) => policy(tools);
  await simulate(
    { ...fleet(count, 0.05, 40_000), clients: [{ ...fleet(count, 0.05, 1).clients[0], policy: probe }] },
    {
      on: {
        progress() {
          globalThis.gc();
          used ||= process.memoryUsage().heapUsed;
        },
      },
    },
  );
  return used;
};
console.log(
  `simulated calls per second of processor time, through standard(): ${Math.round(perSecond / 1_000)} 000 (median of 5)`,
);
console.log(`a million calls: ${(1e6 / perSecond).toFixed(1)} s`);
if (globalThis.gc) {
  const [few, many] = [await heap(5_000), await heap(25_000)];
  console.log(`bytes per simulated client, its standard() included: ${Math.round((many - few) / 20_000)}`);
} else console.log('bytes per simulated client: run it with --expose-gc');
