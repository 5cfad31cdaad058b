import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { capped, envelope, exponential, fullJitter, schedule } from 'holdfast';
import { scenarioFrom, simulate, type Scenario } from 'holdfast/simulator';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { initialOf } from '../../docs/site/playground/field.ts';
import { FLEET_FORM, type FleetValues } from '../../docs/site/playground/fleet-form.ts';
import { chosenPolicies, scenarioFor } from '../../docs/site/playground/fleet-scenario.ts';
import { exactIn, humanDuration, roundIn } from '../../docs/site/playground/decimal.ts';
import { installed } from './servers.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = join(root, '.cache/site');
const shots = join(root, '.cache/site-pictures');
const AXE = join(root, 'docs/site/node_modules/axe-core/axe.min.js');
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];

/** A small fleet, so that nobody waits. */
const SMALL = { clients: 6, rate: 4, workers: 4, duration: '20s', at: '5s', lasts: '3s' };
const SMALL_LINK = `#v1/fleet?${new URLSearchParams(Object.entries(SMALL).map(([name, value]) => [name, `${value}`]))}`;

let browser: Browser;
let page: Page;
/** What the page has complained about. */
let complaints: string[];

const address = (path: string): string =>
  pathToFileURL(join(out, path.split('#')[0]!)).href + (/#.*/.exec(path)?.[0] ?? '');
const open = async (path: string): Promise<void> => {
  // Leaving first: a new hash alone is no new page.
  await page.goto('about:blank');
  await page.goto(address(path));
};
/** A field of the view that is shown. */
const field = (label: string): Locator =>
  page.locator('[role=tabpanel]:not([hidden])').getByLabel(label, { exact: true });
const texts = (selector: string): Promise<string[]> => page.locator(selector).allTextContents();
const rows = async (table: string): Promise<string[][]> => {
  const found = await page.locator(`${table} tbody tr`).all();
  return Promise.all(found.map((row) => row.locator('th, td').allTextContents()));
};
const done = (): Promise<unknown> =>
  page.waitForFunction("document.querySelector('#run-status').textContent.startsWith('Done')");

/** Whether anything is drawn: pixels of a canvas that are not empty. */
const drawn = (selector: string): Promise<number> =>
  page.evaluate((each) => {
    const canvas = document.querySelector<HTMLCanvasElement>(`${each} canvas`)!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((_, at) => at % 4 === 3 && data[at]! > 0).length;
  }, selector);

/** How far the page is wider than the screen. */
const overflow = (): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** What axe finds wrong, as rule and place. */
async function barriers(): Promise<string[]> {
  await page.addScriptTag({ path: AXE });
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> };
    };
    const { violations } = await axe.run({ preload: false });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
  });
}

describe.skipIf(!installed.chromium)('the docs site', () => {
  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    const built = await promisify(execFile)(process.execPath, ['docs/site/build.mjs', out], { cwd: root });
    expect(built.stdout).toMatch(/^\d+ pages in /);
    browser = await chromium.launch({ executablePath: installed.chromium!, args: ARGS, timeout: 120_000 });
    page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    page.on('console', (each) => void (['error', 'warning'].includes(each.type()) && complaints.push(each.text())));
    page.on('pageerror', ({ message }) => void complaints.push(message));
    page.on('request', (request) => void (/^https?:/.test(request.url()) && complaints.push(request.url())));
  }, 240_000);

  beforeEach(async () => {
    complaints = [];
    await page.setViewportSize({ width: 1_280, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
  });

  afterEach(() => {
    expect(complaints).toEqual([]);
  });

  afterAll(async () => {
    await browser.close();
  });

  it('opens from a folder, without an error, a request or a word that does not fit on a phone: every page, but of the reference one in twenty', async () => {
    const all = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
    const names = all.filter((name, at) => !name.startsWith('api') || at % 20 === 0);
    await page.setViewportSize({ width: 360, height: 740 });

    const wide: string[] = [];
    for (const name of names) {
      await page.goto(address(name), { waitUntil: 'domcontentloaded' });
      if ((await overflow()) > 0) wide.push(name);
    }

    expect(all.length).toBeGreaterThan(200);
    expect(names.length).toBeGreaterThan(60);
    expect(wide).toEqual([]);
  }, 360_000);

  it.each([
    ['index.html', 'light'],
    ['circuit-breaker.html', 'dark'],
    ['api/holdfast/classes/CircuitBreaker.html', 'light'],
    ['playground.html', 'light'],
    ['playground.html#v1/backoff?jitter=none', 'dark'],
    [`playground.html${SMALL_LINK}`, 'light'],
    [`playground.html${SMALL_LINK}`, 'dark'],
  ] as const)('has no barrier that axe would find on %s (%s)', async (path, colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await open(path);
    if (path.includes('fleet')) await done();

    const found = await barriers();

    expect(found).toEqual([]);
  });

  it('is shown on a port of this machine, and nothing else is', async () => {
    const server = spawn(process.execPath, ['docs/site/serve.mjs', '0', out], { cwd: root });
    try {
      const [line] = (await once(server.stdout, 'data')) as [Buffer];
      const status = async (path: string): Promise<[number, string | null]> => {
        const answer = await fetch(new URL(path, String(line).trim()));
        await answer.arrayBuffer();
        return [answer.status, answer.headers.get('content-type')];
      };

      expect(await status('/')).toEqual([200, 'text/html; charset=utf-8']);
      expect(await status('/assets/site.css?1')).toEqual([200, 'text/css; charset=utf-8']);
      for (const path of ['/gone.html', '/api', '/..%2f..%2fpackage.json', '/%00', '/%']) {
        expect(await status(path), path).toEqual([404, 'text/plain']);
      }
    } finally {
      server.kill();
    }
  });

  describe('given a search', () => {
    it('finds a page by the keyboard alone', async () => {
      await open('decisions/0001-one-call-machine.html');

      await page.keyboard.press('/');
      await page.keyboard.type('half-open');
      await page.locator('#found a').first().waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForURL(/circuit|half-open/i);

      expect(await page.locator('h1').first().textContent()).toMatch(/circuit|half-open/i);
    });
  });

  describe('given the button for colours', () => {
    it('changes them, and remembers', async () => {
      await page.emulateMedia({ colorScheme: 'light' });
      await open('index.html');
      const colour = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const before = await colour();

      await page.locator('button.theme').click();
      await page.locator('button.theme').click();

      const after = await colour();
      expect([before, after]).toEqual(['rgb(253, 253, 251)', 'rgb(16, 20, 21)']);
      expect(await page.locator('button.theme').getAttribute('aria-label')).toBe('Colours: dark');
      await page.locator('button.theme').click();
    });
  });

  describe('given the backoff of the playground', () => {
    it('shows exactly base · 2ⁿ for the plain case, in every unit', async () => {
      await open('playground.html');
      await field('Jitter').selectOption('none');
      await field('Cap').fill('');
      await field('Base delay').fill('0.1s');

      const delays = schedule(exponential(), { baseDelay: 100, retries: 8 });
      for (const unit of ['ms', 's', 'min', 'h'] as const) {
        await field('Show in').selectOption(unit);
        const shown = (await rows('#delay-table')).map(([, delay]) => delay);
        expect(shown).toEqual(delays.map((ms) => exactIn(ms, unit)));
      }

      await field('Show in').selectOption('s');
      expect((await rows('#delay-table')).slice(0, 4)).toEqual([
        ['1', '0.1', '0.1'],
        ['2', '0.2', '0.3'],
        ['3', '0.4', '0.7'],
        ['4', '0.8', '1.5'],
      ]);
    });

    it('shows the band that envelope gives, and draws it', async () => {
      await open('playground.html#v1/backoff?base=50ms&cap=2s&retries=7');

      const shown = (await rows('#delay-table')).map((cells) => cells.slice(1, 4));

      const bounds = envelope(fullJitter(capped(exponential(), 2_000)), { baseDelay: 50, retries: 7 });
      expect(shown).toEqual(bounds.map(({ min, mean, max }) => [min, mean, max].map((ms) => roundIn(ms, 'ms'))));
      await expect.poll(() => drawn('#delays')).toBeGreaterThan(5_000);
    });

    it('is worked by the keyboard alone', async () => {
      await open('playground.html');
      await page.locator('#tab-backoff').focus();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.type('lin');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Control+A');
      await page.keyboard.type('1s');

      expect(await texts('#backoff-code')).toEqual([expect.stringContaining('fullJitter(capped(linear(), 20_000))')]);
      expect(await texts('#backoff-code')).toEqual([expect.stringContaining('baseDelay: 1_000')]);

      await page.locator('#delays .canvas').focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('End');
      expect(await texts('#delays .readout')).toEqual([
        expect.stringMatching(/^retry 8: longest 8000 · shortest 0 · mean \d+$/),
      ]);
      expect(await page.evaluate(() => document.activeElement?.className)).toBe('canvas');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.className)).not.toBe('canvas');
    });

    it('says what is wrong with a field, and keeps what it had', async () => {
      await open('playground.html');
      const before = await rows('#delay-table');

      await field('Base delay').fill('fast');

      expect(await texts('#backoff-base-error')).toEqual(['Base delay has to be a duration such as 100ms, 1.5s or 2m']);
      expect(await field('Base delay').getAttribute('aria-invalid')).toBe('true');
      expect(await rows('#delay-table')).toEqual(before);
    });

    it('comes back from its link as it was', async () => {
      await open('playground.html');
      await field('Strategy').selectOption('fibonacci');
      await field('Retries').fill('5');
      await field('Seed').fill('42');
      await page.waitForFunction("location.hash.endsWith('seed=42')");
      const link = await page.evaluate(() => location.href);
      const before = await rows('#delay-table');

      await page.goto('about:blank');
      await page.goto(link);

      expect(link.slice(link.indexOf('#'))).toBe('#v1/backoff?strategy=fibonacci&retries=5&seed=42');
      expect(await rows('#delay-table')).toEqual(before);
      expect(before).toHaveLength(5);
    });

    it('refuses a link that it cannot read, and says so', async () => {
      await open('playground.html#v1/backoff?retries=1e99&base=<img src=x onerror=alert(1)>');

      expect(await texts('#notice')).toEqual([
        'This link cannot be opened: retries has to be a whole number from 1 to 60. Here is the playground from its beginning.',
      ]);
      expect(await rows('#delay-table')).toHaveLength(8);
    });
  });

  describe('given the fleet of the playground', () => {
    it('runs the policies side by side, with the results of the library', async () => {
      await open(`playground.html${SMALL_LINK}`);
      await done();

      const shown = await rows('#verdicts');

      const values = { ...initialOf(FLEET_FORM), ...SMALL } as FleetValues;
      const expected = await Promise.all(
        chosenPolicies(values).map(async ({ label, policy }) => {
          const { verdict, goodput, amplification, latency, recovery } = await simulate(
            scenarioFrom(scenarioFor(values, policy)) as Scenario,
          );
          const figures = [
            `${(goodput * 100).toFixed(1)} %`,
            `${amplification.toFixed(2)} ×`,
            humanDuration(latency.p99!),
          ];
          return [label, verdict, ...figures, recovery === Infinity ? 'never' : humanDuration(recovery)];
        }),
      );
      expect(shown).toEqual(expected);
      for (const chart of ['#goodput', '#load', '#latency', '#breakers']) {
        await expect.poll(() => drawn(chart), { message: chart }).toBeGreaterThan(2_000);
      }
    });

    it('is cancelled, changed and run again by mouse', async () => {
      // As many calls as it makes: it must not be done before the click.
      await open('playground.html#v1/fleet?clients=1000&rate=10&duration=90s&policies=jitter');
      await page.getByRole('button', { name: 'Cancel' }).click();
      expect(await texts('#run-status')).toEqual(['Cancelled.']);

      await field('Clients').fill('5');
      await field('Workers').fill('40');
      await field('What happens').selectOption('outage');
      await page.getByText('no retries', { exact: true }).click();
      expect(await texts('#run-status')).toEqual(['Changed: run it to see what comes of it.']);
      await page.getByRole('button', { name: 'Run' }).click();
      await done();

      expect((await rows('#verdicts')).map(([label]) => label)).toEqual(['no retries', 'retries, full jitter']);
      await page.waitForFunction("location.hash.includes('trigger=outage')");
    });

    it('takes a policy of one’s own, and says what is wrong with it', async () => {
      await open(`playground.html${SMALL_LINK}&policies=own`);
      await done();

      await field('A policy of your own').fill('{ "kind": "retry", "maxAttemps": 3 }');

      expect((await rows('#verdicts')).map(([label]) => label)).toEqual(['your own']);
      expect(await texts('#fleet-own-error')).toEqual([expect.stringMatching(/cannot be read: .*maxAttempts/)]);
    });
  });

  it.each([
    ['home', 'index.html', 1_280, 'light'],
    ['page-phone', 'circuit-breaker.html', 360, 'dark'],
    ['backoff-phone', 'playground.html', 360, 'light'],
    ['backoff-dark', 'playground.html', 1_280, 'dark'],
    ['fleet', `playground.html${SMALL_LINK}`, 1_280, 'light'],
    ['fleet-phone-dark', `playground.html${SMALL_LINK}`, 360, 'dark'],
  ] as const)('has its picture taken: %s', async (name, path, width, colorScheme) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await open(path);
    if (path.includes('fleet')) await done();

    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });

    expect(await overflow()).toBe(0);
    expect(readFileSync(join(shots, `${name}.png`)).length).toBeGreaterThan(10_000);
  });
});
