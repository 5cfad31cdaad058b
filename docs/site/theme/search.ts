import MiniSearch, { type SearchResult } from 'minisearch';
import { SEARCH } from './search-fields.mjs';

const SHOWN = 8;

/** The search box: the index is loaded when it is first needed; arrows move, Enter opens, Escape leaves. */
export function wireSearch(root: string): void {
  const input = document.querySelector<HTMLInputElement>('.search input');
  const list = document.querySelector<HTMLElement>('#found');
  if (!input || !list) return;
  let index: MiniSearch | undefined;
  let chosen = -1;

  const load = (): void => {
    if (document.querySelector('script[data-search]')) return;
    const script = document.createElement('script');
    script.src = `${root}assets/search.js`;
    script.dataset['search'] = '';
    script.addEventListener('load', () => {
      index = MiniSearch.loadJSON((globalThis as { holdfastSearch?: string }).holdfastSearch!, SEARCH);
      show();
    });
    document.head.append(script);
  };
  const close = (): void => {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };
  const choose = (to: number): void => {
    const items = [...list.children];
    chosen = items.length ? (to + items.length) % items.length : -1;
    items.forEach((item, at) => item.setAttribute('aria-selected', String(at === chosen)));
    items[chosen]?.scrollIntoView({ block: 'nearest' });
    if (chosen >= 0) input.setAttribute('aria-activedescendant', `found-${chosen}`);
  };
  const show = (): void => {
    const query = input.value.trim();
    if (!index || !query) return close();
    const found = index.search(query).slice(0, SHOWN);
    list.replaceChildren(...(found.length ? found.map((each, at) => itemOf(each, at, root)) : [nothing()]));
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    chosen = -1;
  };

  input.addEventListener('focus', load);
  input.addEventListener('input', show);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      choose(event.key === 'ArrowDown' ? chosen + 1 : chosen < 0 ? -1 : chosen - 1);
    }
    if (event.key === 'Enter') list.querySelectorAll('a')[Math.max(chosen, 0)]?.click();
    if (event.key === 'Escape') close();
  });
  document.addEventListener('keydown', (event) => {
    const typing = event.target instanceof Element && event.target.closest('input, textarea, select');
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    input.focus();
  });
  document.addEventListener('click', ({ target }) => {
    if (!(target instanceof Element && target.closest('.search'))) close();
  });
}

function itemOf({ id, title, heading }: SearchResult, at: number, root: string): HTMLElement {
  const item = document.createElement('li');
  item.id = `found-${at}`;
  item.setAttribute('role', 'option');
  item.setAttribute('aria-selected', 'false');
  const link = document.createElement('a');
  link.href = root + String(id);
  link.tabIndex = -1;
  const page = document.createElement('b');
  page.textContent = String(title);
  link.append(page, heading ? ` ${heading}` : '');
  item.append(link);
  return item;
}

function nothing(): HTMLElement {
  const item = document.createElement('li');
  item.className = 'nothing';
  item.textContent = 'Nothing found';
  return item;
}
