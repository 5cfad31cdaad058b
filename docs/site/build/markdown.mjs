// Markdown to HTML: highlighted code, headings with anchors as GitHub names them, tables that scroll by themselves, and
// links that lead to pages of the site.
import GithubSlugger from 'github-slugger';
import markdownIt from 'markdown-it';
import { createHighlighter } from 'shiki';
import { stateTable } from './diagram.mjs';

const THEMES = { light: 'github-light-default', dark: 'github-dark-default' };
const LANGUAGES = ['ts', 'js', 'json', 'sh', 'html'];
/** Comments of the light theme are too pale to read on our ground: 4.2 to 1. */
const DARKER = { '#6e7781': '#57606a' };
const NAMES = new Map([
  ['mjs', 'js'],
  ['cjs', 'js'],
  ['mts', 'ts'],
]);

/**
 * @typedef {object} Heading
 * @property {number} level
 * @property {string} text
 * @property {string} id
 *
 * @typedef {object} Rendered
 * @property {string} html
 * @property {readonly Heading[]} headings
 * @property {string} title what the first heading says.
 *
 * @typedef {(href: string) => string} Link where a link of the text leads in the site.
 */

/** Loads the grammars; everything after that is synchronous. */
export async function makeRenderer() {
  const highlighter = await createHighlighter({ themes: Object.values(THEMES), langs: LANGUAGES });

  /** @param {string} code @param {string} language */
  const highlight = (code, language) => {
    const name = NAMES.get(language) ?? language;
    const lang = LANGUAGES.includes(name) ? name : 'text';
    return highlighter.codeToHtml(code.trimEnd(), {
      lang,
      themes: THEMES,
      defaultColor: 'light-dark()',
      colorReplacements: DARKER,
      transformers: [{ pre: (node) => void (node.properties['tabindex'] = '0') }],
    });
  };

  /**
   * @param {string} text
   * @param {Link} link
   * @returns {Rendered}
   */
  const render = (text, link) => {
    /** @type {Heading[]} */
    const headings = [];
    const slugger = new GithubSlugger();
    const markdown = markdownIt({ html: true, linkify: false, typographer: false });
    const { rules } = markdown.renderer;
    rules['fence'] = (tokens, index) => {
      const { content, info } = tokens[index];
      const language = info.split(/\s/)[0] ?? '';
      const table = language === 'mermaid' ? stateTable(content, markdown.utils.escapeHtml) : undefined;
      return table ?? highlight(content, language);
    };
    rules['table_open'] = () => '<div class="table" tabindex="0" role="group" aria-label="Table"><table>';
    rules['table_close'] = () => '</table></div>';
    markdown.core.ruler.push('site', ({ tokens }) => {
      tokens.forEach((token, index) => {
        if (token.type === 'heading_open') name(token, tokens[index + 1]);
        (token.children ?? []).forEach((child, at, children) => {
          if (child.type !== 'link_open') return;
          const href = child.attrGet('href') ?? '';
          const text = children[at + 1];
          // Where a link says the path of a page, as on GitHub, the name is enough here.
          if (text?.content === href) text.content = href.replace(/^docs\/(.*)\.md$/, '$1');
          child.attrSet('href', link(href));
        });
      });
    });
    const name = (open, inline) => {
      const said = inline.children.map(({ content }) => content).join('');
      const id = slugger.slug(said);
      open.attrSet('id', id);
      open.attrSet('tabindex', '-1');
      headings.push({ level: Number(open.tag.slice(1)), text: said, id });
    };
    rules['heading_close'] = (tokens, index) => {
      const open = tokens[index - 2];
      const anchor = `<a class="anchor" href="#${open.attrGet('id')}" aria-label="Link to this section">#</a>`;
      return `${open.tag === 'h1' ? '' : anchor}</${tokens[index].tag}>\n`;
    };
    const html = markdown.render(text);
    return { html, headings, title: headings[0]?.text ?? '' };
  };
  return { render, highlight };
}
