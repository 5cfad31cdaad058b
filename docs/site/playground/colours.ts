/** A colour of the style sheet as a canvas can use it: what `var(--name)` is for the scheme in force. */
export function colourOf(name: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Calls back whenever the colours change: by the button, or by the system. */
export function onColourChange(changed: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  document.addEventListener('themechange', changed);
  system.addEventListener('change', changed);
  return () => {
    document.removeEventListener('themechange', changed);
    system.removeEventListener('change', changed);
  };
}
