import { byId } from './element.ts';

/** The tabs of the page: which one is open, and opening another one. */
export interface Tabs<Name extends string> {
  current(): Name;
  open(name: Name): void;
}

/**
 * Wires tabs by the pattern that screen readers know: one stop for the Tab key, arrows move between them.
 *
 * Source: W3C, ARIA Authoring Practices Guide, Tabs Pattern.
 */
export function wireTabs<Name extends string>(names: readonly Name[], opened: (name: Name) => void): Tabs<Name> {
  let current = names[0]!;
  const open = (name: Name): void => {
    current = name;
    for (const each of names) {
      byId(`tab-${each}`).setAttribute('aria-selected', String(each === name));
      byId(`tab-${each}`).tabIndex = each === name ? 0 : -1;
      byId(`view-${each}`).hidden = each !== name;
    }
    opened(name);
  };
  for (const name of names) {
    const tab = byId(`tab-${name}`);
    tab.addEventListener('click', () => open(name));
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = names[(names.indexOf(name) + step + names.length) % names.length]!;
      open(next);
      byId(`tab-${next}`).focus();
    });
  }
  return { current: () => current, open };
}
