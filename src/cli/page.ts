import { escapeMarkup } from './escape-markup.ts';

/**
 * A page of its own: no script, no network, nothing to load. Light or dark as its reader has it, and one column on a
 * phone.
 *
 * @param title as text.
 * @param body as HTML.
 */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeMarkup(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** A table with a heading row; the first column names the rows. It scrolls by itself where it is too wide. */
export function htmlTable(caption: string, [head = [], ...rows]: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]): string =>
    row
      .map((cell, index) => (index ? `<td>${escapeMarkup(cell)}</td>` : `<th scope="row">${escapeMarkup(cell)}</th>`))
      .join('');
  return [
    `<div class="wide" tabindex="0" role="region" aria-label="${escapeMarkup(caption)}"><table><caption>${escapeMarkup(caption)}</caption>`,
    `<thead><tr>${head.map((cell) => `<th scope="col">${escapeMarkup(cell)}</th>`).join('')}</tr></thead>`,
    `<tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table></div>`,
  ].join('\n');
}

const STYLE = `
:root{color-scheme:light dark;--ground:#fff;--ink:#1d2126;--soft:#5a626d;--line:#d9dde2;--accent:#0072b2}
@media(prefers-color-scheme:dark){:root{--ground:#16181c;--ink:#e3e6ea;--soft:#a2abb6;--line:#3a3d44;--accent:#56b4e9}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2.5rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--line);overflow-wrap:anywhere}
p{margin:.25rem 0}
.soft{color:var(--soft)}
.wide{overflow-x:auto;margin:1rem 0}
.wide:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
caption{text-align:left;color:var(--soft);padding-bottom:.25rem}
th,td{padding:.3rem .9rem .3rem 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,:is(th,td):nth-child(2){text-align:left}
thead th{font-weight:600}
tbody th{font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:20px}
figure{margin:0}
svg{display:block;width:100%}
details{margin:.25rem 0}
summary{cursor:pointer;color:var(--soft);font-size:.85rem}
pre{overflow-x:auto;font-size:.8rem}
`;
