import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Line, type Linked } from '../../src/base/line.ts';

interface Member extends Linked<Member> {
  readonly name: string;
}

const member = (name: string): Member => ({ name, earlier: undefined, later: undefined, inLine: false });

function names(line: Line<Member>): string[] {
  const all: string[] = [];
  for (let { first: each } = line; each; each = each.later) all.push(each.name);
  return all;
}

describe('Line', () => {
  it('keeps the order of arrival', () => {
    const line = new Line<Member>();

    for (const name of ['a', 'b', 'c']) line.join(member(name));

    expect([names(line), line.first?.name, line.size]).toEqual([['a', 'b', 'c'], 'a', 3]);
  });

  it('lets go of whoever leaves it, and of nobody twice', () => {
    const line = new Line<Member>();
    const [a, b, c] = [member('a'), member('b'), member('c')];
    for (const each of [a, b, c]) line.join(each);

    const left = [line.leave(b), line.leave(b), line.leave(member('stranger'))];

    expect([left, names(line), line.size]).toEqual([[true, false, false], ['a', 'c'], 2]);
    expect(b).toEqual(member('b'));
  });

  it('lets somebody stand before those at its end whom he precedes, and before no other', () => {
    const line = new Line<Member>();
    for (const name of ['a', 'd', 'b', 'e', 'f']) line.join(member(name));

    for (const name of ['c', 'a', 'z']) line.join(member(name), (other) => other.name > name);
    line.leave(line.first!);

    expect([names(line), line.size]).toEqual([['a', 'd', 'b', 'c', 'e', 'f', 'z'], 7]);
  });

  it('finds the place of one who comes next to somebody without passing all the others', () => {
    const line = new Line<Member>();
    const all = Array.from({ length: 1_000 }, (_, index) => `${index}`.padStart(4, '0'));
    for (const name of all) line.join(member(`${name} b`));
    let looks = 0;

    let near: Member | undefined;
    for (const name of all) {
      const each = member(`${name} a`);
      line.join(each, (other) => (looks++, other.name > each.name), near);
      near = each;
    }

    expect(names(line)).toEqual(all.flatMap((name) => [`${name} a`, `${name} b`]));
    expect(looks).toBeLessThan(5_000);
  });

  it('does what a list does, whoever joins and leaves', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9))), (moves) => {
        const line = new Line<Member>();
        const members = Array.from({ length: 10 }, (_, index) => member(`${index}`));
        const model: string[] = [];
        for (const [joins, index] of moves) {
          const each = members[index]!;
          const at = model.indexOf(each.name);
          if (!joins) {
            expect(line.leave(each)).toBe(at >= 0);
            if (at >= 0) model.splice(at, 1);
          } else if (at < 0) {
            line.join(each);
            model.push(each.name);
          }
          expect([names(line), line.size]).toEqual([model, model.length]);
        }
      }),
    );
  });
});
