// The playground: two views, and a permalink that says what stands in them.
import { BACKOFF_FORM } from './backoff-form.ts';
import { backoffView } from './backoff-view.ts';
import { copyButton } from './copy.ts';
import { byId } from './element.ts';
import { initialOf, type Values } from './field.ts';
import { FLEET_FORM } from './fleet-form.ts';
import { fleetView } from './fleet-view.ts';
import { linkTo, readLink } from './permalink.ts';
import { wireTabs } from './tabs.ts';

const FORMS = { backoff: BACKOFF_FORM, fleet: FLEET_FORM };
type Name = keyof typeof FORMS;

/** Ms without a change after which the address follows. */
const PAUSE = 250;
let pause: ReturnType<typeof setTimeout> | undefined;

const values: Record<Name, Values> = { backoff: initialOf(BACKOFF_FORM), fleet: initialOf(FLEET_FORM) };
const views = {
  backoff: backoffView((given) => remember('backoff', given)),
  fleet: fleetView((given) => remember('fleet', given)),
};
const tabs = wireTabs<Name>(['backoff', 'fleet'], (name) => {
  views[name].open(values[name]);
  remember(name, values[name]);
});
byId('share').append(copyButton('Copy link', () => new URL(link(), location.href).href));
for (const name of Object.keys(views) as Name[]) byId(`view-${name}`).append(views[name].root);
addEventListener('hashchange', () => {
  if (location.hash !== link()) openLink();
});
openLink();

/**
 * Keeps what stands in a view, and says it in the address, a moment after the last key: browsers refuse pages that change
 * it too often. No entry in the history: going back leaves the page.
 */
function remember(name: Name, given: Values): void {
  values[name] = given;
  clearTimeout(pause);
  pause = setTimeout(() => history.replaceState(null, '', link()), PAUSE);
  notice();
}

/** The address of what stands in the open view. */
function link(): string {
  const name = tabs.current();
  return linkTo(name, FORMS[name], values[name]);
}

/** Opens what the address says. What cannot be read opens nothing: the page says so, and begins as always. */
function openLink(): void {
  const said = readLink<Name>(location.hash, FORMS);
  if (said && 'wrong' in said) {
    tabs.open('backoff');
    notice(`This link cannot be opened: ${said.wrong}. Here is the playground from its beginning.`);
    return;
  }
  if (said) values[said.view] = said.values;
  tabs.open(said?.view ?? 'backoff');
}

function notice(text = ''): void {
  const box = byId('notice');
  box.textContent = text;
  box.hidden = text === '';
}
