import { element } from './element.ts';

/** A button that runs and cancels, how far the run is, and what became of it. */
export interface RunBar {
  readonly root: HTMLElement;
  /** While it runs: a part of 1, and what of. */
  progress(part: number, label: string): void;
  /** When it has ended, however. */
  rest(words: string): void;
}

/** Makes one. */
export function runBar(start: () => void, cancel: () => void): RunBar {
  const button = element('button', { type: 'button', class: 'act', id: 'run' }, 'Run');
  const progress = element('progress', { max: '1', value: '0', 'aria-label': 'Progress' });
  const said = element('span', { role: 'status', id: 'run-status' });
  let running = false;
  button.addEventListener('click', () => (running ? cancel() : start()));
  progress.hidden = true;
  return {
    root: element('div', { class: 'run' }, button, progress, said),
    progress(part, label) {
      running = true;
      progress.hidden = false;
      progress.value = part;
      button.textContent = 'Cancel';
      if (said.textContent !== label) said.textContent = label;
    },
    rest(words) {
      running = false;
      progress.hidden = true;
      button.textContent = 'Run';
      said.textContent = words;
    },
  };
}
