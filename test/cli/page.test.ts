import { describe, expect, it } from 'vitest';
import { htmlTable, page } from '../../src/cli/page.ts';

describe('page()', () => {
  it('forbids itself the network and scripts', () => {
    const html = page('A <b>', '<p>body</p>');

    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(html).not.toMatch(/<script|<link|<img|https?:/);
  });

  it('has a title, a language, a body, and a width for phones', () => {
    const html = page('A <b>', '<p>body</p>');

    expect(html).toContain('<title>A &#60;b&#62;</title>');
    expect(html).toContain('<html lang="en">');
    expect(html).toContain('<main>\n<p>body</p>\n</main>');
    expect(html).toContain('width=device-width');
  });
});

describe('htmlTable()', () => {
  it('has headings for columns and rows, and escapes what it shows', () => {
    const html = htmlTable('What & why', [
      ['policy', 'p99'],
      ['<naive>', '5 ms'],
    ]);

    expect(html).toContain('<caption>What &#38; why</caption>');
    expect(html).toContain('<tr><th scope="col">policy</th><th scope="col">p99</th></tr>');
    expect(html).toContain('<tr><th scope="row">&#60;naive&#62;</th><td>5 ms</td></tr>');
  });

  it('can be reached and scrolled by keyboard', () => {
    expect(htmlTable('x', [])).toMatch(/^<div class="wide" tabindex="0" role="region" aria-label="x">/);
  });
});
