// The script of every page: colours before the first paint, the menu of a phone, the search.
import { chooseTheme } from './theme.ts';
import { wireMenu } from './menu.ts';
import { wireSearch } from './search.ts';

const root = document.currentScript?.dataset['root'] ?? '';
const theme = chooseTheme();
document.addEventListener('DOMContentLoaded', () => {
  theme.wire();
  wireMenu();
  wireSearch(root);
});
