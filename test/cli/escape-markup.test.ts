import { describe, expect, it } from 'vitest';
import { escapeMarkup } from '../../src/cli/escape-markup.ts';

describe('escapeMarkup()', () => {
  it('leaves nothing that could be markup or end an attribute', () => {
    expect(escapeMarkup(`<a href="x" id='y'>&`)).toBe('&#60;a href=&#34;x&#34; id=&#39;y&#39;&#62;&#38;');
  });

  it('leaves other texts as they are', () => {
    expect(escapeMarkup('p99.9, ms · ◆')).toBe('p99.9, ms · ◆');
  });
});
