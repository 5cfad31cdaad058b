import { parseDuration } from 'holdfast/json';
import type { Field } from './field.ts';

/** A value, or what is wrong with it, in words that follow the name of the field. */
export type Reading = { readonly value: string | number } | { readonly wrong: string };

/** Reads what stands in a form, or in a permalink. Whatever it is given: it says what is wrong, and never throws. */
export function readField(field: Field, text: string): Reading {
  switch (field.kind) {
    case 'number': {
      const value = text.trim() === '' ? NaN : Number(text);
      const fits = value >= field.min && value <= field.max && (!field.whole || Number.isInteger(value));
      const what = field.whole ? 'a whole number' : 'a number';
      return fits ? { value } : { wrong: `has to be ${what} from ${field.min} to ${field.max}` };
    }
    case 'choice':
      return field.choices.some(([value]) => value === text)
        ? { value: text }
        : { wrong: `has to be one of ${field.choices.map(([value]) => value).join(', ')}` };
    case 'set': {
      const chosen = text.split(',').filter(Boolean);
      const known = field.choices.map(([value]) => value);
      const strange = chosen.find((each) => !known.includes(each));
      if (strange !== undefined) return { wrong: `may hold ${known.join(', ')}` };
      if (!chosen.length || chosen.length > field.atMost) return { wrong: `has to be one to ${field.atMost} of them` };
      return { value: known.filter((each) => chosen.includes(each)).join(',') };
    }
    case 'duration':
      return readDuration(field.optional ?? false, text.trim());
    case 'text': {
      if (text.length > field.maxLength) return { wrong: `has to be at most ${field.maxLength} characters` };
      const wrong = field.wrong?.(text);
      return wrong ? { wrong } : { value: text };
    }
  }
}

function readDuration(optional: boolean, text: string): Reading {
  if (text === '' && optional) return { value: '' };
  const wrong = 'has to be a duration such as 100ms, 1.5s or 2m';
  if (text === '' || text.length > 40) return { wrong };
  try {
    parseDuration(text);
    return { value: text };
  } catch {
    return { wrong };
  }
}
