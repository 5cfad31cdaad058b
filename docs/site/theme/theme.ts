const CHOICES = ['system', 'light', 'dark'] as const;
type Choice = (typeof CHOICES)[number];

const KEY = 'holdfast-theme';
const SAID: Record<Choice, string> = {
  system: 'Colours: as the system says',
  light: 'Colours: light',
  dark: 'Colours: dark',
};

/** Applies the chosen colours at once; `wire` lets the button change them. */
export function chooseTheme(): { wire: () => void } {
  let choice = stored();
  const apply = (): void => {
    document.documentElement.dataset['theme'] = choice;
    document.querySelector('button.theme')?.setAttribute('aria-label', SAID[choice]);
    document.querySelector('button.theme')?.setAttribute('title', SAID[choice]);
  };
  apply();
  const wire = (): void => {
    apply();
    document.querySelector('button.theme')?.addEventListener('click', () => {
      choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length]!;
      store(choice);
      apply();
      document.dispatchEvent(new CustomEvent('themechange'));
    });
  };
  return { wire };
}

function stored(): Choice {
  try {
    const value = localStorage.getItem(KEY);
    return CHOICES.find((choice) => choice === value) ?? 'system';
  } catch {
    return 'system';
  }
}

/** Where a page may keep nothing, the choice holds for that page. */
function store(choice: Choice): void {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    return;
  }
}
