// The shape of the search index: the build writes it, the page reads it, and both have to mean the same.

/** @type {import('minisearch').Options} */
export const SEARCH = {
  fields: ['title', 'heading', 'text'],
  storeFields: ['title', 'heading'],
  searchOptions: { boost: { title: 4, heading: 2 }, prefix: true, fuzzy: 0.15, combineWith: 'AND' },
};
