// Lets holdfast and its peers meet the same faults, and writes what came of it into docs/fault-table.md.
// Run it as `node test/integration/fault-table.mjs`, after `npm run build` here and `npm ci` in this folder.
// HOLDFAST_DIST names another folder with the built package. With `--print` it writes nothing.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';
import { peers } from './fault-clients.mjs';

const root = new URL('../../', import.meta.url);
const page = new URL('docs/fault-table.md', root);
const dist = process.env.HOLDFAST_DIST ? pathToFileURL(`${process.env.HOLDFAST_DIST}/`) : new URL('dist/', root);

// What a client that hangs does later is of no interest.
process.on('unhandledRejection', () => {});

const { LIMITS, SCENARIOS, meet, readAll } = await scenarios();
const clients = [...(await ours()), ...peers(LIMITS, readAll)];
// The first call of a client takes longer than those after it.
for (const { client } of clients) await meet(SCENARIOS[0], client());
const verdicts = await everyMeeting();
const text = `${markers()[0]}\n\n${table()}\n\n${remarks()}\n\n${versions()}\n\n${markers()[1]}`;
console.log(text);
if (!process.argv.includes('--print')) await write(text);
// Some of those that hang would do so for an hour.
process.exit(0);

/** The scenarios are in TypeScript, which the oldest Node that is supported does not read. */
async function scenarios() {
  const entry = fileURLToPath(new URL('fault-scenarios.ts', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

async function ours() {
  if (!existsSync(new URL('http.js', dist))) return [];
  const { constant } = await import(new URL('index.js', dist));
  const { guardFetch } = await import(new URL('http.js', dist));
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const { attempts: maxAttempts, patience, delay: baseDelay, maxRetryAfter } = LIMITS;
  const client = () =>
    readAll(
      guardFetch({
        attemptTimeout: patience,
        bodyIdle: patience,
        retry: { maxAttempts, baseDelay, backoff: constant(), maxRetryAfter },
      }),
    );
  return [{ name: '`guardFetch`', version, client }];
}

/** Several at once, since most of their time is waiting; but those that are much work alone. */
async function everyMeeting() {
  const results = SCENARIOS.map(() => []);
  const jobs = SCENARIOS.flatMap((scenario, row) =>
    clients.map(({ client }, column) => ({ scenario, row, column, client })),
  );
  const work = async (queue) => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      results[job.row][job.column] = await meet(job.scenario, job.client());
    }
  };
  const light = jobs.filter(({ scenario }) => !scenario.atOnce);
  await Promise.all(Array.from({ length: 2 * cpus().length }, () => work(light)));
  await work(jobs.filter(({ scenario }) => scenario.atOnce));
  return results;
}

function table() {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const total = (label, rows, of) =>
    line([`**${label}**`, ...clients.map((_, column) => rows.reduce((sum, row) => sum + Number(of(row[column])), 0))]);
  return [
    line(['fault', ...clients.map(({ name }) => name)]),
    line(['---', ...clients.map(() => '---')]),
    ...SCENARIOS.map(({ name }, row) => line([name, ...verdicts[row].map(cell)])),
    total('calls that must not be made', verdicts, ({ forbidden }) => forbidden.length),
    total('wrong results', verdicts, ({ wrong }) => wrong.length),
    total('hangs', verdicts, ({ hangs }) => hangs),
    total(`right answers, of ${possible().length}`, possible(), rightly),
  ].join('\n');
}

/** The faults in which there is an answer to be had. */
function possible() {
  return SCENARIOS.flatMap(({ end }, row) => (end === 'error' ? [] : [verdicts[row]]));
}

function rightly({ answered, forbidden, wrong }) {
  return answered && !forbidden.length && !wrong.length;
}

function cell({ calls, answered, forbidden, wrong, hangs }) {
  const bad = [
    ...(forbidden.length ? [`${forbidden.length} forbidden`] : []),
    ...(wrong.length ? ['wrong'] : []),
    ...(hangs ? ['hangs'] : []),
  ];
  return [`${calls}`, ...(hangs ? [] : [answered ? 'ok' : 'error']), ...bad.map((word) => `**${word}**`)].join(' · ');
}

/** What each flag in the table stands for. */
function remarks() {
  const lines = clients.map(({ name }, column) => {
    const said = SCENARIOS.flatMap(({ name: fault }, row) => {
      const { forbidden, wrong } = verdicts[row][column];
      return [...new Set([...forbidden, ...wrong])].map((reason) => `${fault}: ${reason}`);
    });
    return `- ${name}: ${said.join('; ') || 'nothing'}.`;
  });
  return `What was forbidden or wrong:\n\n${lines.join('\n')}`;
}

function versions() {
  return `Versions: ${clients.map(({ name, version }) => `${name} ${version}`).join(', ')}; on Node ${process.versions.node}.`;
}

function markers() {
  return ['<!-- measured: begin -->', '<!-- measured: end -->'];
}

async function write(measured) {
  const [begin, end] = markers();
  const before = readFileSync(page, 'utf8');
  const [from, to] = [before.indexOf(begin), before.indexOf(end) + end.length];
  if (from < 0 || to < from) throw new Error('docs/fault-table.md has no place for the table');
  const after = before.slice(0, from) + measured + before.slice(to);
  const filepath = fileURLToPath(page);
  writeFileSync(page, await format(after, { ...(await resolveConfig(filepath)), filepath }));
}
