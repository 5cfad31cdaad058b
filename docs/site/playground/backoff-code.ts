import { parseDuration } from 'holdfast/json';
import type { BackoffValues } from './backoff-form.ts';
import type { BackoffPlan } from './backoff-plan.ts';
import { callText, importText, numberText, objectText } from './source-text.ts';
import { typescriptOf, type Json } from './typescript-of.ts';

/** The form as a program that computes what the page shows. */
export function backoffCode({ json, jittered }: BackoffPlan, values: BackoffValues): string {
  const { text, imports } = typescriptOf(json as Json);
  const { base, retries, seed } = values;
  const names = [...imports, 'schedule'].toSorted();
  const settings: [string, string][] = [
    ['baseDelay', numberText(parseDuration(base))],
    ['retries', numberText(retries)],
  ];
  if (jittered) settings.push(['random', `seededRandom(${seed})`]);
  return [
    importText(names, 'holdfast'),
    ...(jittered ? [`import { seededRandom } from 'holdfast/testing';`] : []),
    '',
    `const backoff = ${text};`,
    `${callText('schedule', ['backoff', objectText(settings)])}; // ms`,
    '',
  ].join('\n');
}

/** The form as the options of a retry, for `holdfast/json` and for the command line. */
export function backoffDocument({ json }: BackoffPlan, { base, retries }: BackoffValues): string {
  const policy = { kind: 'retry', maxAttempts: retries + 1, baseDelay: base, backoff: json };
  return `${JSON.stringify({ version: 1, policy }, undefined, 2)}\n`;
}
