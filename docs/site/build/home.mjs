// The first page: README.md, with its title and first sentence as a banner.

/**
 * @param {string} html of README.md.
 * @returns {import('./shell.mjs').Page}
 */
export function homePage(html) {
  const [, , sentence = '', rest = ''] = /^<h1[^>]*>(.*?)<\/h1>\s*<p>(.*?)<\/p>([\s\S]*)$/.exec(html) ?? [];
  if (!rest) throw new Error('Cannot build the site: README.md has to begin with a title and a sentence');
  const [promise, detail] = sentence.split(/: (?=[a-z])/);
  const banner = `<section class="banner">
<h1 id="holdfast">holdfast</h1>
<p class="promise">${promise}${detail ? `<span>${detail[0]?.toUpperCase()}${detail.slice(1)}</span>` : ''}</p>
<p class="ways"><a class="primary" href="getting-started.html">Get started</a>
<a href="playground.html">Open the playground</a> <a href="docs.html">Read the docs</a></p>
</section>`;
  return { path: 'index.html', title: 'holdfast', kind: 'prose front', body: banner + rest };
}
