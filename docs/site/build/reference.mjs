// The API reference: Markdown that typedoc makes of the doc comments, for every door of package.json. A warning of
// typedoc (a link to nothing, a type that is used but not shown) is an error.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { Application, Converter, LogLevel } from 'typedoc';
import { ROOT } from './places.mjs';

/** Types of the sources that are not for users, but stand in a type that is. */
const INNER = ['Arbitrary', 'ServiceTrigger', 'TriggerWindow', 'WorstCase'];

/** Doors that hold no names to import. */
const PROGRAMS = ['cli'];

/**
 * Writes the reference to a folder.
 *
 * @param {string} folder
 */
export async function writeReference(folder) {
  const { tsup, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const doors = Object.entries(tsup.entry).filter(([door]) => !PROGRAMS.includes(door));
  const app = await Application.bootstrapWithPlugins({
    name: `holdfast ${version}`,
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: doors.map(([, file]) => join(ROOT, String(file))),
    tsconfig: join(ROOT, 'tsconfig.json'),
    readme: 'none',
    blockTags: [...defaultTags(), '@source'],
    intentionallyNotExported: INNER,
    treatWarningsAsErrors: true,
    logLevel: LogLevel.Warn,
    ...forOurRenderer(),
  });
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, { comment }) => sourceApart(comment));
  app.converter.on(Converter.EVENT_CREATE_SIGNATURE, (_, { comment }) => sourceApart(comment));
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) module.name = moduleName(module.name);
  });
  const project = await app.convert();
  if (!project) throw new Error('Cannot write the reference: typedoc could not convert the sources');
  app.validate(project);
  await app.outputs.writeOutput({ name: 'markdown', path: folder }, project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error('Cannot write the reference: see above');
}

/** How the Markdown is to look: our own shell has the breadcrumbs and the title. */
function forOurRenderer() {
  return {
    router: 'member',
    entryFileName: 'index',
    disableSources: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    hideGroupHeadings: false,
    useCodeBlocks: true,
    parametersFormat: 'table',
    indexFormat: 'table',
    pageTitleTemplates: { index: 'API reference', module: '{name}', member: '{name}' },
  };
}

/** @param {string} door */
function moduleName(door) {
  return door === 'index' ? 'holdfast' : posix.join('holdfast', door.replace(/\/index$/, ''));
}

function defaultTags() {
  return ['@defaultValue', '@deprecated', '@example', '@module', '@param', '@returns', '@see', '@throws', '@typeParam'];
}

/**
 * Our comments end an example at a line that begins with `Source:`; typedoc does not know that.
 *
 * @param {import('typedoc').Comment | undefined} comment
 */
function sourceApart(comment) {
  for (const tag of comment?.blockTags ?? []) {
    const last = tag.content.at(-1);
    const [, code, source] = /^([\s\S]*?)\n\s*Source: ([\s\S]*?)(?:\n```)?$/.exec(last?.text ?? '') ?? [];
    if (!last || code === undefined || source === undefined) continue;
    last.text = last.kind === 'code' && code.startsWith('```') ? `${code.trimEnd()}\n\`\`\`` : code;
    const text = source.replaceAll(/\s*\n\s*/g, ' ').trim();
    comment?.blockTags.push(Object.assign(tag.clone(), { tag: '@source', content: [{ kind: 'text', text }] }));
  }
}
