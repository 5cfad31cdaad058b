/** Opens and closes the navigation where the screen is too narrow to show it all the time. */
export function wireMenu(): void {
  const button = document.querySelector<HTMLButtonElement>('button.menu');
  const side = document.querySelector<HTMLElement>('nav.side');
  if (!button || !side) return;
  const show = (open: boolean): void => {
    document.body.classList.toggle('menu-open', open);
    button.setAttribute('aria-expanded', String(open));
  };
  button.addEventListener('click', () => show(button.getAttribute('aria-expanded') !== 'true'));
  document.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || button.getAttribute('aria-expanded') !== 'true') return;
    show(false);
    button.focus();
  });
  const here = side.querySelector<HTMLElement>('[aria-current]');
  if (here && here.offsetTop > side.clientHeight) side.scrollTop = here.offsetTop - side.clientHeight / 2;
}
