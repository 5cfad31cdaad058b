import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdfast } from '../captured-io.ts';
import { installed } from './servers.ts';

const ARGS = '--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync'.split(' ');
const scenario = {
  version: 1,
  duration: '30s',
  clients: [{ count: 4, arrivals: { kind: 'poisson', rate: 5 }, calls: 'users' }],
  services: { users: { workers: 4, serviceTime: { kind: 'exponential', mean: '50ms' } } },
  triggers: [{ kind: 'outage', at: '10s', duration: '5s' }],
  policies: { 'retry <b>': { kind: 'retry' }, standard: 'standard' },
};

describe.skipIf(!installed.chromium)('the report of a simulation in a browser', () => {
  let folder: string;
  let browser: Browser;
  let url: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
    const files = { 'outage.json': JSON.stringify(scenario) };
    const { out } = await holdfast(['simulate', 'outage.json', '--format', 'html'], { files });
    const path = join(folder, 'report.html');
    writeFileSync(path, out);
    url = pathToFileURL(path).href;
    browser = await chromium.launch({ executablePath: installed.chromium!, args: ARGS, timeout: 120_000 });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
    expect(complaints).toEqual([]);
  });

  async function open(width: number, colorScheme: 'light' | 'dark'): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    page.setDefaultTimeout(120_000);
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => request.url() === url || complaints.push(request.url()));
    await page.goto(url);
    return page;
  }

  it.each([
    [1_200, 'light', 'rgb(255, 255, 255)'],
    [1_200, 'dark', 'rgb(22, 24, 28)'],
    [360, 'light', 'rgb(255, 255, 255)'],
    [360, 'dark', 'rgb(22, 24, 28)'],
  ] as const)('fits a screen of %d px, %s, and draws every chart', async (width, scheme, ground) => {
    const page = await open(width, scheme);

    const seen = await page.evaluate(() => ({
      scrolls: document.documentElement.scrollWidth > innerWidth,
      ground: getComputedStyle(document.body).backgroundColor,
      chart: getComputedStyle(document.querySelector('svg')!).backgroundColor,
      widths: [...document.querySelectorAll('svg')].map((svg) => svg.getBoundingClientRect().width > 250),
      lines: [...document.querySelectorAll<SVGPathElement>('svg path.line')].filter(
        (path) => path.getTotalLength() > 50,
      ).length,
    }));

    expect(seen).toEqual({
      scrolls: false,
      ground,
      chart: ground,
      widths: Array.from({ length: 13 }, () => true),
      lines: expect.any(Number),
    });
    expect(seen.lines).toBeGreaterThan(20);
    await page.close();
  });

  it('names its charts, tables and headings to those who do not see them', async () => {
    const page = await open(1_200, 'light');

    const charts = await page.getByRole('img', { name: 'Load and goodput' }).count();
    const figures = await page.getByRole('rowheader', { name: 'retry <b>' }).count();
    const headings = await page.getByRole('heading').allTextContents();

    expect([charts, figures, headings]).toEqual([2, 1, ['outage.json', 'Side by side', 'retry <b>', 'standard']]);
    await page.close();
  });

  it('opens the numbers of a chart by keyboard', async () => {
    const page = await open(1_200, 'light');
    const numbers = page.getByRole('table', { name: 'Calls that succeeded, per second' });
    const before = await numbers.isVisible();

    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');

    expect([before, await numbers.isVisible(), await numbers.getByRole('row').count()]).toEqual([false, true, 31]);
    await page.close();
  });
});
