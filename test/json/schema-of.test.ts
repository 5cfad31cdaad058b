import { describe, expect, it } from 'vitest';
import { leaves } from '../../src/json/leaves.ts';
import type { Schema, Shape } from '../../src/json/read-shape.ts';
import { schemaOf } from '../../src/json/schema-of.ts';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
const of = (shape: Shape): Schema => schemaOf(shape, {});
const text = { description: 'a string', type: 'string' };

describe('schemaOf()', () => {
  it('says what a shape takes', () => {
    const shapes: readonly Shape[] = [
      leaves.text,
      { list: leaves.text, least: 1 },
      { fields: { name: leaves.text }, required: ['name'] },
      { map: leaves.text, least: 1 },
      {
        cases: [
          [() => true, leaves.none],
          [Boolean, leaves.text],
        ],
      },
      { maker: leaves.text },
    ];

    const schemas = shapes.map((shape) => of(shape));

    expect(schemas).toEqual(
      [
        text,
        { type: 'array', items: text, minItems: 1 },
        { type: 'object', properties: { name: text }, required: ['name'], additionalProperties: false },
        { type: 'object', additionalProperties: text, minProperties: 1 },
        { anyOf: [{ description: 'false', const: false }, text] },
        text,
      ].map((schema) => ({ $schema: DRAFT, ...schema, $defs: {} })),
    );
  });

  it('says which kinds there are, and which of them need nothing else', () => {
    const disc = { fields: { name: leaves.text }, required: ['name'] };
    const dot = { fields: { name: leaves.text } };
    const object = { type: 'object', additionalProperties: false };
    const discSchema = { ...object, properties: { kind: { const: 'disc' }, name: text }, required: ['kind', 'name'] };

    expect(of({ says: 'a form', kinds: { dot, disc } })).toMatchObject({
      description: 'a form',
      anyOf: [
        { enum: ['dot'] },
        { ...object, properties: { kind: { const: 'dot' }, name: text }, required: ['kind'] },
        discSchema,
      ],
    });
    expect(of({ says: 'a form', kinds: { disc } })).toMatchObject({ anyOf: [discSchema] });
  });

  it('says once what has a name, also what refers to itself', () => {
    const tree: Shape = { name: 'tree', shape: (): Shape => ({ list: tree, least: 0 }) };

    expect(schemaOf({ list: tree, least: 2 }, { title: 'Trees' })).toEqual({
      $schema: DRAFT,
      title: 'Trees',
      type: 'array',
      items: { $ref: '#/$defs/tree' },
      minItems: 2,
      $defs: { tree: { type: 'array', items: { $ref: '#/$defs/tree' }, minItems: 0 } },
    });
  });
});
