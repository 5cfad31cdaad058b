import { element } from './element.ts';

/** A button that copies a text, and says that it did. Where the clipboard is closed, it selects the text instead. */
export function copyButton(label: string, text: () => string, selects?: () => HTMLElement): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'copy' }, label);
  const said = (words: string): void => {
    button.textContent = words;
    setTimeout(() => {
      button.textContent = label;
    }, 1_500);
  };
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text());
      said('Copied');
    } catch {
      const range = selects?.();
      if (range) getSelection()?.selectAllChildren(range);
      said(range ? 'Selected' : 'Not allowed here');
    }
  });
  return button;
}

/** Some code with its name and a button to copy it. */
export function codeBox(id: string, title: string): { readonly root: HTMLElement; put(code: string): void } {
  const code = element('code', { id });
  const root = element(
    'section',
    { class: 'code' },
    element(
      'header',
      {},
      element('h2', {}, title),
      copyButton(
        'Copy',
        () => code.textContent ?? '',
        () => code,
      ),
    ),
    element('pre', { tabindex: '0' }, code),
  );
  return {
    root,
    put(text) {
      code.textContent = text;
    },
  };
}
