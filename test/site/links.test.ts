import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deadLinks } from '../../docs/site/build/links.mjs';

let folder: string;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

describe('deadLinks()', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-links-'));
    write('assets/site.css', '');
    write('deep/other.html', '<h2 id="a-b">A &amp; B</h2><a href="../index.html">home</a>');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('finds none where every link leads somewhere', () => {
    write(
      'index.html',
      `<link href="assets/site.css"><h1 id="top"></h1><a href="#top"></a><a href="deep/other.html#a-b"></a>
       <a href="https://example.com/"></a><a href="playground.html#v1/fleet?seed=2"></a>`,
    );
    write('playground.html', '');

    expect(deadLinks(folder)).toEqual([]);
  });

  it('finds files, headings and folders that are not there, and what is not relative', () => {
    write(
      'index.html',
      `<a href="gone.html"></a><a href="#gone"></a><a href="deep/other.html#gone"></a><a href="deep/"></a>
       <script src="/assets/site.js"></script><a href="file:///etc"></a>`,
    );

    expect(deadLinks(folder)).toEqual([
      'index.html: gone.html (no such file)',
      'index.html: #gone (no such heading)',
      'index.html: deep/other.html#gone (no such heading)',
      'index.html: deep/ (no such file)',
      'index.html: /assets/site.js (not relative)',
      'index.html: file:///etc (not relative)',
    ]);
  });
});
