// A state diagram, written as Mermaid, as the table that it is: from, to, when. The pages need no script for it, and a
// screen reader can read it.

const TRANSITION = /^\s*(\S+)\s*-->\s*(\S+?)(?:\s*:\s*(.*))?$/;

/**
 * @param {string} text
 * @param {(text: string) => string} escape
 * @returns {string | undefined} `undefined` for a diagram of another kind.
 */
export function stateTable(text, escape) {
  const lines = text.trim().split('\n');
  if (!lines[0]?.startsWith('stateDiagram')) return undefined;
  const rows = lines.flatMap((line) => {
    const [, from, to, when = ''] = TRANSITION.exec(line) ?? [];
    if (!from || !to) return [];
    const cells = [stateName(from, 'start'), stateName(to, 'end'), when.replaceAll('<br>', ' ')];
    return [`<tr>${cells.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`];
  });
  return `<div class="table"><table><thead><tr><th>from</th><th>to</th><th>when</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/**
 * @param {string} name
 * @param {string} terminal what `[*]` stands for on this side of the arrow.
 */
function stateName(name, terminal) {
  return name === '[*]' ? terminal : name.replaceAll('_', '-');
}
